import { expect } from 'chai';
import { MemoryDevice } from '../../lib/devices/memory.js';
import { readOptionReplyHeader } from '../../lib/nbd/option-replies.js';
import { writeExportQuestion, writeMetaQuestion, writeOption } from '../../lib/nbd/options.js';
import * as wire from '../../lib/nbd/wire.js';
import { exchange, hex, RawClient, said, servers } from './support.js';

const NOTHING = Buffer.alloc(0);

describe('Haggling', () => {
  const { serve } = servers();
  const device = new MemoryDevice({ size: 4096 });

  type Option = [option: number, data: Buffer];

  /** Sends options one by one, and answers the types of all replies to each. */
  async function haggle(client: RawClient, ...options: Option[]): Promise<number[][]> {
    await client.read(18);
    client.say('00000003');
    const replies: number[][] = [];
    for (const [option, data] of options) {
      client.say(writeOption(option, data));
      const types: number[] = [];
      let type = wire.REP_INFO;
      while (type >= wire.REP_SERVER && type <= wire.REP_META_CONTEXT) {
        const header = readOptionReplyHeader(hex(await client.read(20)), 0);
        await client.read(header.length);
        types.push(({ type } = header).type);
      }
      replies.push(types);
    }
    return replies;
  }

  /** The same, of the last replies. */
  async function ask(path: string, ...options: Option[]): Promise<number[]> {
    const client = new RawClient(path);
    const replies = await haggle(client, ...options);
    client.close();
    return replies.map((types) => types.at(-1) ?? 0);
  }

  const info = (name: string, infos = [wire.INFO_BLOCK_SIZE]): Buffer => writeExportQuestion({ name, infos });
  const meta = (name: string, ...queries: string[]): Buffer => writeMetaQuestion({ name, queries });

  it('answers options one after the other, byte for byte (P1)', async () => {
    const { path } = await serve({ exports: { a: { device, description: 'd' }, b: { device } } });
    const option = (number: string, data = ''): string =>
      `49484156454f5054 ${number} ${(data.replaceAll(' ', '').length / 2).toString(16).padStart(8, '0')} ${data}`;
    const reply = (number: string, type: string, data = ''): string =>
      `0003e889045565a9 ${number} ${type} ${(data.replaceAll(' ', '').length / 2).toString(16).padStart(8, '0')} ${data}`;
    const heard = await exchange(
      path,
      [
        '00000003',
        option('00000003'),
        option('00000006', '00000001 61 0003 0001 0002 0063'),
        option('00000008'),
        option('0000000a', '00000001 61 00000001 0000000f 626173653a616c6c6f636174696f6e'),
        option('00000002'),
      ].join(''),
    );
    expect(heard).to.equal(
      said(
        '4e42444d41474943 49484156454f5054 0003',
        reply('00000003', '00000002', '00000001 61 64'),
        reply('00000003', '00000002', '00000001 62 6d656d6f7279'),
        reply('00000003', '00000001'),
        reply('00000006', '00000003', '0003 00000001 00001000 02000000'),
        reply('00000006', '00000003', '0000 0000000000001000 0d6d'),
        reply('00000006', '00000003', '0001 61'),
        reply('00000006', '00000003', '0002 64'),
        reply('00000006', '00000001'),
        reply('00000008', '00000001'),
        reply('0000000a', '00000004', '00000001 626173653a616c6c6f636174696f6e'),
        reply('0000000a', '00000001'),
        reply('00000002', '00000001'),
      ),
    );
  });

  it('takes the old way of choosing an export, and no zeroes behind it (P1)', async () => {
    const { path } = await serve(device);
    const bye = '25609513 0000 0002 0000000000000002 0000000000000000 00000000';
    for (const [flags, zeroes] of [
      ['00000003', ''],
      ['00000001', '00'.repeat(124)],
      ['00000000', '00'.repeat(124)],
    ] as const) {
      const heard = await exchange(path, `${flags} 49484156454f5054 00000001 00000000 ${bye}`);
      expect(heard).to.equal(said('4e42444d41474943 49484156454f5054 0003 0000000000001000 0d6d', zeroes));
    }
  });

  const refusals: [what: string, type: number, ...options: [number, Buffer][]][] = [
    ['an unknown option', wire.REP_ERR_UNSUP, [99, hex('0102')]],
    ['an export that there is not', wire.REP_ERR_UNKNOWN, [wire.OPT_GO, info('z')]],
    ['a question that is cut short', wire.REP_ERR_INVALID, [wire.OPT_INFO, hex('000000ff 61')]],
    ['data where none belong', wire.REP_ERR_INVALID, [wire.OPT_LIST, hex('00')]],
    ['TLS that there is not', wire.REP_ERR_POLICY, [wire.OPT_STARTTLS, NOTHING]],
    ['contexts without chunks', wire.REP_ERR_INVALID, [wire.OPT_SET_META_CONTEXT, meta('', wire.BASE_ALLOCATION)]],
    [
      'structured replies behind extended headers',
      wire.REP_ERR_EXT_HEADER_REQD,
      [wire.OPT_EXTENDED_HEADERS, NOTHING],
      [wire.OPT_STRUCTURED_REPLY, NOTHING],
    ],
    [
      'contexts of an export that there is not',
      wire.REP_ERR_UNKNOWN,
      [wire.OPT_STRUCTURED_REPLY, NOTHING],
      [wire.OPT_LIST_META_CONTEXT, meta('z')],
    ],
  ];
  for (const [what, type, ...options] of refusals) {
    it(`refuses ${what}, and goes on (P1)`, async () => {
      const { path } = await serve(device);
      const types = await ask(path, ...options, [wire.OPT_GO, info('')]);
      expect(types.slice(-2)).to.deep.equal([type, wire.REP_ACK]);
    });
  }

  it('lets nobody begin who does not ask for the block sizes that have to be kept to (P1)', async () => {
    const { path } = await serve({ exports: { '': { device, byteGranular: false } } });
    const client = new RawClient(path);
    const types = await haggle(client, [wire.OPT_GO, info('', [])], [wire.OPT_GO, info('')]);
    client.close();
    // They are told together with the refusal, which saves a question.
    expect(types).to.deep.equal([
      [wire.REP_INFO, wire.REP_ERR_BLOCK_SIZE_REQD],
      [wire.REP_INFO, wire.REP_INFO, wire.REP_ACK],
    ]);
  });

  it('tells the block sizes to who does not ask for them, too (P1)', async () => {
    const { path } = await serve(device);
    const client = new RawClient(path);
    await client.read(18);
    client.say(`00000003 49484156454f5054 00000006 00000006 00000000 0000`);
    expect(await client.read(34)).to.equal('0003e889045565a900000006000000030000000e0003000000010000100002000000');
    client.close();
  });

  it('forgets the contexts that were set when they are set anew, though that fails (P1)', async () => {
    const { path } = await serve(device);
    const wanted: Option = [wire.OPT_SET_META_CONTEXT, meta('', wire.BASE_ALLOCATION)];
    const agreed: Option[] = [[wire.OPT_STRUCTURED_REPLY, NOTHING], wanted];
    for (const [failing, errno] of [
      [[], '668e33ef000100050000000000000007'],
      [[[wire.OPT_SET_META_CONTEXT, hex('000000ff')]], '668e33ef000180010000000000000007'],
      [[[wire.OPT_SET_META_CONTEXT, meta('')]], '668e33ef000180010000000000000007'],
      [[[wire.OPT_SET_META_CONTEXT, meta('z', wire.BASE_ALLOCATION)]], '668e33ef000180010000000000000007'],
    ] as [Option[], string][]) {
      const client = new RawClient(path);
      await haggle(client, ...agreed, ...failing, [wire.OPT_GO, info('')]);
      client.ask(wire.CMD_BLOCK_STATUS, 7, 0, 4096);
      expect(await client.read(16)).to.equal(errno);
      client.close();
    }
  });

  it('lists contexts, and forgets those of another export (P1)', async () => {
    const { path } = await serve({ exports: { a: { device }, b: { device } } });
    const client = await RawClient.go(path, { name: 'b' });
    client.close();
    const structured: [number, Buffer] = [wire.OPT_STRUCTURED_REPLY, NOTHING];
    expect(await ask(path, structured, [wire.OPT_LIST_META_CONTEXT, meta('a')])).to.deep.equal([1, 1]);
    expect(await ask(path, structured, [wire.OPT_SET_META_CONTEXT, meta('a', 'x:y')])).to.deep.equal([1, 1]);
  });
});
