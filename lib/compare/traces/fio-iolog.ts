import { linesOf, numberIn, wrongLine, type TraceOperation } from './operation.js';

const HEADER = /^fio version ([23]) iolog$/;
/** Of version 3 each line begins with a time. A name may hold blanks. */
const LINE =
  /^(?:(\d+) )?(.+) (add|open|close|wait|read|write|trim|sync|datasync|sync_file_range)(?: (\S+))?(?: (\S+))?$/;

const operations: Readonly<Record<string, TraceOperation['operation']>> = {
  read: 'read',
  write: 'write',
  trim: 'discard',
  sync: 'flush',
  datasync: 'flush',
  sync_file_range: 'flush',
};

/**
 * The I/O log of fio, version 2 or 3 (fio's documentation, "Trace file format"): `name action offset length`, in version 3
 * behind a time. Adding, opening and closing a file, and waiting, are no I/O.
 * @throws ArgumentError `ERR_TRACE` naming the line that is wrong
 */
export function parseFioIolog(text: string): TraceOperation[] {
  const [header, ...lines] = linesOf(text);
  const version = HEADER.exec(header?.line ?? '')?.[1];
  if (version === undefined) throw wrongLine(1, `an I/O log of fio begins with 'fio version 2 iolog', or 3`);
  return lines.flatMap(({ number, line }): TraceOperation[] => {
    const [, time, name, action = '', offset, length] = LINE.exec(line) ?? [];
    if (name === undefined || (version === '3') !== (time !== undefined)) {
      const form = version === '3' ? 'time name action' : 'name action';
      throw wrongLine(number, `it must be '${form}', with 'offset length' where the action is I/O, got '${line}'`);
    }
    const operation = operations[action];
    if (operation === undefined) return [];
    if (operation === 'flush') return [{ operation, device: name, offset: 0, length: 0 }];
    return [{ operation, device: name, offset: numberIn(offset, 'offset', number), length: numberIn(length, 'length', number) }]; // prettier-ignore
  });
}
