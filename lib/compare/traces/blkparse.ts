import { linesOf, numberIn, wrongLine, type TraceOperation } from './operation.js';

/** Sectors of the block layer, whatever the device has. */
const SECTOR = 512;

/** `8,0  3  11  0.009507758  697  Q  WS 223490 + 8 [process]`: device, CPU, number, time, process, action, RWBS, where. */
const LINE = /^(\d+,\d+)\s+\d+\s+\d+\s+[\d.]+\s+\d+\s+([A-Z]+)\s+([A-Z]+)(?:\s+(\d+)\s+\+\s+(\d+))?(?:\s|$)/;

/** What is taken for an operation, the first of these that a trace has: queued, issued to the driver, completed. */
const ACTIONS = ['Q', 'D', 'C'];

/**
 * The text of blkparse in its default format (blkparse(1)). An operation comes by several times; those lines count in
 * which it is queued, else those in which it is issued, else completed. The summary at the end is passed over.
 * @throws ArgumentError `ERR_TRACE` when no line is an event
 */
export function parseBlkparse(text: string): TraceOperation[] {
  const events = linesOf(text).flatMap(({ number, line }) => {
    const [, device, action, rwbs, sector, count] = LINE.exec(line) ?? [];
    return device === undefined ? [] : [{ number, device, action, rwbs: rwbs ?? '', sector, count }];
  });
  if (events.length === 0) {
    throw wrongLine(
      1,
      'no line is an event of blkparse, nor is this an I/O log of fio or a trace in the form of MSR Cambridge',
    );
  }
  const action = ACTIONS.find((each) => events.some((event) => event.action === each));
  return events.flatMap((event) => {
    if (event.action !== action) return [];
    const { number, device, rwbs } = event;
    const offset = event.sector === undefined ? 0 : numberIn(event.sector, 'the sector', number) * SECTOR;
    const length = event.count === undefined ? 0 : numberIn(event.count, 'the count of sectors', number) * SECTOR;
    const found: TraceOperation[] = [];
    // The letters before the operation's own ask for a flush.
    if (rwbs.startsWith('F')) found.push({ operation: 'flush', device, offset: 0, length: 0 });
    const operation = rwbs.includes('D')
      ? 'discard'
      : rwbs.includes('W')
        ? 'write'
        : rwbs.includes('R')
          ? 'read'
          : null;
    if (operation !== null && length > 0) found.push({ operation, device, offset, length });
    return found;
  });
}
