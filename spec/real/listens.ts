import { connect } from 'node:net';

/** Whether somebody takes connections there: the file of a socket appears before its server listens. */
export function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
