import { ArgumentError } from '../wait/errors.js';

type StackModule = typeof import('../stack/index.js');

/** What opens stacks, loaded when it is used. @throws ArgumentError `ERR_PEER` when the package that it needs is not there */
export async function loadStack(): Promise<StackModule> {
  try {
    return await import('../stack/index.js');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'valibot'")) throw error;
    throw new ArgumentError('ERR_PEER', 'stacks need the package valibot: npm install valibot');
  }
}
