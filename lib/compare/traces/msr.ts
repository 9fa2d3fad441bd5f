import { linesOf, numberIn, wrongLine, type TraceOperation } from './operation.js';

/**
 * The block traces of MSR Cambridge (D. Narayanan and others, 2008), as SNIA hands them out: lines of
 * `Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime`, offset and size in bytes. A heading is passed over.
 * @throws ArgumentError `ERR_TRACE` naming the line that is wrong
 */
export function parseMsr(text: string): TraceOperation[] {
  return linesOf(text).flatMap(({ number, line }, i) => {
    const [time = '', host, disk, type = '', offset, size, ...rest] = line.split(',').map((field) => field.trim());
    if (i === 0 && !/^\d/.test(time)) return [];
    if (rest.length > 1 || disk === undefined) {
      throw wrongLine(number, `it must be Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime, got '${line}'`);
    }
    const operation = type.toLowerCase();
    if (operation !== 'read' && operation !== 'write')
      throw wrongLine(number, `Type must be Read or Write, got '${type}'`);
    const device = `${String(host)}.${disk}`;
    return [{ operation, device, offset: numberIn(offset, 'Offset', number), length: numberIn(size, 'Size', number) }];
  });
}
