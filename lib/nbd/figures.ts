/** What a server has done so far, for whoever shows it. Plain numbers, of which rates are differences. */
export interface Figures {
  /** Requests that have come, and those that were refused or have failed. */
  requests: number;
  errors: number;
  bytesRead: number;
  bytesWritten: number;
  /** Connections that were made, and those that were ended because of what the peer did. */
  connections: number;
  expelled: number;
}

export function newFigures(): Figures {
  return { requests: 0, errors: 0, bytesRead: 0, bytesWritten: 0, connections: 0, expelled: 0 };
}
