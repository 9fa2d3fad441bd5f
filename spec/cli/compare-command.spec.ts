import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Comparison } from '../../lib/compare/index.js';
import { experiments, rivals } from '../../lib/compare/index.js';
import { useFolder } from '../compare/support.js';
import { parseMarkdownTable, parseXml } from '../compare/report/support.js';
import {
  built,
  buildCommand,
  cpuSeconds,
  has,
  hasProc,
  start,
  takesInterrupts,
  transferred,
  until,
  wakechain,
  type Child,
  type Ended,
} from './support.js';

/** Two of the designs, for what is the same with all: each experiment is asked of all of them elsewhere. */
const names = rivals.slice(0, 2).map(({ name }) => name);
const two = ['--strategy', ...names];
/** Something that does not take long. */
const brief = ['--quick', '--experiment', 'retry', ...two];
const asked = experiments.map(({ name }) => name);
/** How many points an experiment has when it is quick. */
const pointsOf = (name: string): number => experiments.find((each) => each.name === name)!.points.quick.length;

describe('wakechain compare', function () {
  this.timeout(120_000);
  // First, so that what building leaves in the temporary directory is not taken for the command's.
  before(buildCommand);
  const folder = useFolder();
  let small: string;

  before(() => {
    small = fileOf('small', 100_000).path;
  });
  afterEach(() => {
    expect(folder.left()).to.deep.equal([]);
  });

  function fileOf(name: string, bytes: number): { path: string; sha256: string } {
    const contents = randomBytes(bytes);
    const path = join(folder.path, name);
    writeFileSync(path, contents);
    return { path, sha256: createHash('sha256').update(contents).digest('hex') };
  }

  const compare = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
    wakechain(['compare', ...args], { tmp: folder.tmp, env });

  describe('with a small file and one round', () => {
    let ended: Ended;
    before(async () => {
      ended = await compare(['--quick', ...two, '--file', small, '--rounds', '1']);
    });

    it('prints a table of each experiment, with a row for every design and the edge', () => {
      expect(ended).to.include({ code: 0, signal: null, stderr: '' });
      const parts = ended.stdout.split('\n\n').map((part) => part.split('\n'));
      const headings = parts.map(([line]) => line!.trim().split(/ {2,}/)).filter(([, second]) => second !== undefined);
      expect(headings.map(([first]) => first)).to.deep.equal(experiments.map(({ unit }) => unit));
      const points = asked.reduce((sum, name) => sum + pointsOf(name), 0);
      for (const name of names) {
        expect(ended.stdout.match(new RegExp(`^ *\\d+ +${name} `, 'gm'))).to.have.length(points);
      }
      expect(ended.stdout.match(/^ *\d+ +edge /gm)).to.have.length(points - 1);
      expect(ended.stdout).to.include(`${small}, 100000 bytes, came back under each design; SHA-256 `);
    });

    it('has no row of a table wider than 120 columns', () => {
      const wide = ended.stdout.split('\n').filter((line) => line.length > 120 && /^ *\d/.test(line));
      expect(wide).to.deep.equal([]);
    });

    it('has no colours and no bar when it is piped', () => {
      expect(ended.stdout + ended.stderr).to.not.match(/\x1b/);
    });

    it('has none either when colours are asked for', async () => {
      const { stdout, stderr } = await compare([...brief, '--rounds', '1'], { FORCE_COLOR: '3' });
      expect(stdout + stderr).to.not.match(/\x1b/);
    });
  });

  describe('--brief', () => {
    it('says what is compared and what each experiment found, without a table', async () => {
      const { code, stdout, stderr } = await compare([...brief, '--brief', '--rounds', '1']);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      expect(stdout).to.match(/^A design is a way to /);
      for (const name of names) expect(stdout).to.match(new RegExp(`^ {2}${name} +\\w`, 'm'));
      expect(stdout).to.match(/^retry: Too few rounds to tell which design is fastest\.\n {2}What /m);
      expect(stdout).to.not.match(/^ *\d+ +\w+ +\d/m);
    });

    it('ends with the answers, where there are rounds enough to tell', async () => {
      const { stdout } = await compare(['--quick', '--brief', '--experiment', 'read-ahead', ...two]);
      expect(stdout).to.match(/\n\nThe answers\n\nQ4\. [^]*\n\nAll in all: .*\.\n$/);
    });

    it('is refused beside --json', async () => {
      const { code, stdout, stderr } = await compare([...brief, '--brief', '--json']);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr).to.include("'--brief' cannot be used with option '--json'");
    });
  });

  describe('--json', () => {
    it('prints all figures of the experiments that were asked for', async () => {
      const asked = ['real-file', 'poll', 'retry', 'trace-git'];
      const which = [...two, '--experiment', ...asked, '--file', small];
      const args = ['--quick', ...which, '--rounds', '1', '--seed', '5', '--json'];
      const { code, stdout, stderr } = await compare(args);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const found = JSON.parse(stdout) as Comparison;
      expect(found).to.have.all.keys(
        ...['machine', 'designs', 'base', 'file', 'trace', 'plan', 'seed', 'interrupted', 'leftOut', 'experiments'],
      );
      expect(found).to.include({ base: names[0], file: small, seed: 5, interrupted: false });
      expect(found.experiments.map(({ name }) => name)).to.deep.equal(asked);
      for (const { rows } of found.experiments) {
        for (const { cannot, figures } of rows) {
          expect(Object.keys(figures).length > 0).to.equal(cannot === null);
          for (const { value } of Object.values(figures)) {
            expect(value === null || Number.isFinite(value)).to.equal(true);
          }
        }
      }
    });

    it('counts the same each time: only times and bytes of the heap differ', async () => {
      const counting = ['cancel', 'cancel-progress', 'partial', 'retry', 'fastest'];
      const counted = async (): Promise<unknown> => {
        const { stdout } = await compare(['--quick', ...two, '--experiment', ...counting, '--rounds', '1', '--json']);
        return (JSON.parse(stdout) as Comparison).experiments.map(({ rows, metrics }) => {
          const exact = metrics.filter(({ kind }) => kind === 'exact');
          return rows.map(({ figures }) => exact.map(({ name }) => figures[name]));
        });
      };
      expect(await counted()).to.deep.equal(await counted());
    });
  });

  describe('--strategy and --experiment', () => {
    it('run only what they name', async () => {
      const args = [
        '--strategy',
        'cloneKiobuf',
        'waitQueue',
        '--experiment',
        'retry',
        '--quick',
        '--rounds',
        '1',
        '--json',
      ];
      const { base, experiments } = JSON.parse((await compare(args)).stdout) as Comparison;
      expect(base).to.equal('cloneKiobuf');
      expect(experiments.map(({ name }) => name)).to.deep.equal(['retry']);
      expect(new Set(experiments[0]!.rows.map(({ design }) => design))).to.deep.equal(
        new Set(['cloneKiobuf', 'waitQueue', 'edge']),
      );
    });
  });

  describe('--out', () => {
    it('writes a report, a plot for each experiment and the figures', async () => {
      const out = join(folder.path, 'new', 'report');
      const asked = ['real-file', 'depth', 'cancel'];
      const which = [...two, '--experiment', ...asked, '--file', small, '--rounds', '1'];
      const { code, stdout, stderr } = await compare(['--quick', ...which, '--out', out]);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: `Report: ${out}/report.html\n` });
      expect(stdout).to.include('came back under each design');
      expect(readdirSync(out)).to.have.members([
        ...asked.map((name) => `${name}.svg`),
        'comparison.json',
        'report.html',
        'report.md',
      ]);
      const report = readFileSync(join(out, 'report.md'), 'utf8');
      const sections = report.split(/^## /m);
      const tableOf = (title: string): string[][] => {
        const section = sections.find((each) => each.startsWith(title)) ?? '';
        const table = section.split('\n\n').find((part) => part.startsWith('|')) ?? '';
        return parseMarkdownTable(table.trimEnd()).cells;
      };
      for (const { name, title } of experiments.filter((each) => asked.includes(each.name))) {
        const [head = [], ...rows] = tableOf(title);
        expect(head, name).to.include.members(names);
        expect(new Set(rows.map(([label = '']) => label.split(',')[0])), name).to.have.property('size', pointsOf(name));
      }
      expect(tableOf('What each design can do')).to.have.length(1 + names.length);
      for (const [, picture] of report.matchAll(/!\[.*\]\((.*)\)/g)) {
        const svg = parseXml(readFileSync(join(out, picture!), 'utf8'));
        expect(svg.children.slice(0, 2).map(({ name }) => name)).to.deep.equal(['title', 'desc']);
      }
      const figures = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as Comparison;
      expect(figures.file).to.equal(small);
    });

    it('refuses a file in its place before anything is run', async () => {
      const { code, stdout, stderr } = await compare(['--out', small]);
      expect({ code, stdout, stderr }).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `wakechain: ${small} is not a directory\n`,
      });
    });

    it('is not made when the run fails', async () => {
      const out = join(folder.path, 'never');
      expect(await compare(['--file', '/no/such/file', '--out', out])).to.include({ code: 1 });
      expect(existsSync(out)).to.equal(false);
    });
  });

  describe('files', () => {
    const only = ['--experiment', 'real-file', ...two, '--json', '--file'];

    for (const bytes of [0, 1, 4096, 4097]) {
      it(`sends one of ${bytes} bytes through, and back`, async () => {
        const { path, sha256 } = fileOf(`${bytes}`, bytes);
        const { code, stdout } = await compare([...only, path]);
        const [result] = (JSON.parse(stdout) as Comparison).experiments;
        expect(code).to.equal(0);
        expect(result!.rows.map(({ design }) => design)).to.deep.equal(names);
        expect(result!.notes).to.deep.equal([
          `${path}, ${bytes} bytes, came back under each design; SHA-256 ${sha256}`,
        ]);
      });
    }

    it('sends the Node binary through when none is named', async () => {
      const { stdout } = await compare(['--experiment', 'real-file', '--strategy', 'waitQueue', '--json']);
      const { file, experiments: found } = JSON.parse(stdout) as Comparison;
      const sha256 = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
      expect(file).to.equal(process.execPath);
      expect(found[0]!.notes[0]).to.include(sha256);
    });

    const refused: [name: string, make: () => string, line: string][] = [
      ['one that is not there', () => join(folder.path, 'missing'), 'no such file or directory (ENOENT)'],
      ['a folder', () => folder.path, ' is a directory'],
      ['one under a file', () => join(small, 'x'), 'not a directory (ENOTDIR)'],
    ];
    for (const [name, make, line] of refused) {
      it(`refuses ${name} in one line`, async () => {
        const path = make();
        const { code, stdout, stderr } = await compare([...only, path]);
        const expected = `wakechain: ${path}${line.startsWith(' ') ? '' : ': '}${line}\n`;
        expect({ code, stdout, stderr }).to.deep.equal({ code: 1, stdout: '', stderr: expected });
      });
    }

    const isRoot = process.getuid?.() === 0;
    // The superuser reads everything until these two rights are taken away.
    const bound = ['--bounding-set', '-dac_override,-dac_read_search'];
    const can = !isRoot || has('setpriv', ...bound, 'true');
    const why = can ? '' : ' (skipped: the superuser reads everything, and setpriv is not there to change that)';
    (can ? it : it.skip)(`refuses one that may not be read in one line${why}`, async () => {
      const { path } = fileOf('unreadable', 10);
      chmodSync(path, 0);
      const [program, ...args] = isRoot ? ['setpriv', ...bound, process.execPath, built] : [process.execPath, built];
      const { code, stdout, stderr } = await start(program, [...args, 'compare', ...only, path], { tmp: folder.tmp })
        .ended;
      expect({ code, stdout, stderr }).to.deep.equal({
        code: 1,
        stdout: '',
        stderr: `wakechain: ${path}: permission denied (EACCES)\n`,
      });
    });

    it('says where its temporary directory was to be', async () => {
      const tmp = join(folder.path, 'no-tmp');
      const { code, stdout, stderr } = await compare([...only, small], { TMPDIR: tmp });
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.match(/^wakechain: .*\/no-tmp\/wakechain-\w+: no such file or directory \(ENOENT\)\n$/);
    });
  });

  describe('a full disk', () => {
    const flags = [['-m'], ['-r', '-m']].find((each) =>
      has('unshare', ...each, 'sh', '-c', 'mount -t tmpfs none /mnt'),
    );
    const [mounts, how] = flags === undefined ? [false, ' (skipped: mounting is not permitted)'] : [true, ''];

    /** Runs the command with a small file system of its own at `place`, then lists what is left on that. */
    const onSmallDisk = (place: string, kib: number, args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
      const script = 'mount -t tmpfs -o size="$1"k none "$0"; cd "$0"; shift; "$@"; code=$?; ls -A; exit $code';
      const command = [process.execPath, built, 'compare', ...args];
      return start('unshare', [...(flags ?? []), 'sh', '-c', script, place, `${kib}`, ...command], {
        tmp: folder.tmp,
        env,
      }).ended;
    };

    (mounts ? it : it.skip)(`is told in one line, and nothing is left on it${how}`, async () => {
      const { path } = fileOf('8-mb', 8 << 20);
      const disk = join(folder.path, 'disk');
      mkdirSync(disk);
      const ended = await onSmallDisk(disk, 2048, ['--file', path], { TMPDIR: disk });
      expect(ended).to.deep.equal({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `wakechain: ENOSPC: no space left on device, for the backing files in ${disk}; TMPDIR names another place\n`,
      });
    });

    (mounts ? it : it.skip)(`leaves no half report on it${how}`, async () => {
      const disk = join(folder.path, 'report-disk');
      mkdirSync(disk);
      const args = [...brief, '--rounds', '1', '--json', '--out', join(disk, 'a', 'b')];
      const { code, stdout, stderr } = await onSmallDisk(disk, 8, args);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^wakechain: .*no space left on device.*\n$/);
      // The figures are printed before the report is written; behind them `ls` has nothing to say.
      expect((JSON.parse(stdout) as Comparison).experiments).to.have.length(1);
    });

    it('is told in one line when a file may not grow: a limit on file size, which gives EFBIG', () => {
      const { path } = fileOf('4-mb', 4 << 20);
      const script = 'ulimit -f 100; exec "$0" "$@"';
      const args = ['-c', script, process.execPath, built, 'compare', '--file', path];
      const env = { ...process.env, TMPDIR: folder.tmp, NODE_V8_COVERAGE: undefined };
      const { status, stdout, stderr } = spawnSync('bash', args, { env, encoding: 'utf8' });
      expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
      expect(stderr).to.match(/^wakechain: EFBIG: file too large.*\n$/);
    });
  });

  describe('interrupted', () => {
    const BIG = 256 << 20;
    let big: string;
    before(() => {
      big = join(folder.path, 'big');
      writeFileSync(big, '');
      truncateSync(big, BIG);
    });

    const begin = (...args: string[]): Child =>
      start(process.execPath, [built, 'compare', '--strategy', 'waitQueue', ...args], { tmp: folder.tmp });

    const line = 'wakechain: interrupted; what was found until then is above, temporary files are removed\n';
    const interrupted = (code: number) => ({ code, signal: null, stdout: '', stderr: line });

    const forEver = ['--rounds', '100000', '--experiment'];
    const writes = (pid: number): boolean => transferred(pid).written > BIG / 10;
    const measures = (pid: number): boolean => takesInterrupts(pid) && cpuSeconds(pid) > 0.7;
    const phases: [name: string, args: string[], reached: (pid: number) => boolean][] = [
      ['while it writes the file', ['--file', 'BIG'], writes],
      [
        'while it reads the file back',
        ['--file', 'BIG'],
        (pid) => transferred(pid).written >= BIG && transferred(pid).read > BIG * 1.2,
      ],
      ['in the experiment depth', [...forEver, 'depth'], measures],
      ['in the experiment fan-out', [...forEver, 'fan-out'], measures],
      ['in the experiment cancel', [...forEver, 'cancel'], measures],
    ];

    /** Interrupts it at a moment; on a busy machine that may have passed before it is seen, and it is run again. */
    const interrupt = async (
      args: readonly string[],
      reached: (pid: number) => boolean,
      signals: readonly NodeJS.Signals[],
    ): Promise<Ended> => {
      for (let tries = 1; ; tries++) {
        const child = begin(...args);
        while (child.running && !reached(child.pid)) await new Promise((resolve) => setTimeout(resolve, 5));
        for (const signal of signals) child.kill(signal);
        const ended = await child.ended;
        if (ended.code !== 0 || tries === 5) return ended;
      }
    };
    const why = hasProc ? '' : ' (skipped: there is no /proc to tell how far it is)';

    for (const [name, args, reached] of phases) {
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        // prettier-ignore
        (hasProc ? it : it.skip)(`by ${signal} ${name}, cancels, tidies up and exits with ${String(code)}${why}`, async () => {
          const given = args.map((arg) => (arg === 'BIG' ? big : arg));
          expect(await interrupt(given, reached, [signal])).to.deep.equal(interrupted(code));
        });
      }
    }

    (hasProc ? it : it.skip)(
      `three times in a row, still tidies up and exits with the code of the first${why}`,
      async () => {
        // All wait until it goes on, so that no time passes between them on its clock.
        const signals = ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGHUP', 'SIGCONT'] as const;
        const ended = await interrupt(['--file', big], writes, signals);
        expect(ended.code).to.be.oneOf([130, 143, 129]);
        expect(ended).to.deep.equal(interrupted(ended.code ?? 0));
      },
    );

    (hasProc ? it : it.skip)(`by a terminal that closes, tidies up all the same${why}`, async () => {
      expect(await interrupt(['--file', big], writes, ['SIGHUP'])).to.deep.equal(interrupted(129));
    });

    it('while it writes a report, when all is found, finishes it', async () => {
      const out = join(folder.path, 'interrupted-report');
      const child = begin('--experiment', 'retry', '--quick', '--rounds', '1', '--out', out);
      await until(child, () => child.stdout !== '');
      child.kill('SIGINT');
      const { code } = await child.ended;
      expect(code).to.equal(0);
      expect(existsSync(join(out, 'report.md'))).to.equal(true);
    });
  });

  describe('on a terminal', () => {
    const can = has('script', '-qec', 'true', '/dev/null');
    const why = can ? '' : ' (skipped: there is no script(1) to make one)';

    const onTerminal = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Child => {
      const command = [process.execPath, built, 'compare', ...args].map((arg) => `'${arg}'`).join(' ');
      return start('script', ['-qec', command, '/dev/null'], {
        tmp: folder.tmp,
        env: { SHELL: '/bin/sh', TERM: 'xterm', NODE_V8_COVERAGE: undefined, ...env },
      });
    };

    (can ? it : it.skip)(`draws a bar from the start, and takes it away at the end${why}`, async () => {
      const child = onTerminal([
        '--file',
        small,
        '--quick',
        ...two,
        '--experiment',
        'real-file',
        'retry',
        '--rounds',
        '1',
      ]);
      const { code, stdout } = await child.ended;
      expect(code).to.equal(0);
      const table = stdout.lastIndexOf('\x1b[2K');
      const last = experiments.find(({ name }) => name === 'retry')?.points.quick.at(-1);
      const end = ` 100% | retry, pieces ${String(last)} |`;
      expect(stdout.slice(0, table)).to.include(' 0% | starting |').and.to.include(end);
      expect(stdout.slice(table)).to.not.include('%|');
      expect(stdout).to.include('came back under each design');
      expect(stdout.lastIndexOf('\x1b[?25h')).to.be.greaterThan(stdout.lastIndexOf('\x1b[?25l'));
    });

    (can ? it : it.skip)(`uses no colours under NO_COLOR${why}`, async () => {
      const child = onTerminal([...brief, '--rounds', '1'], { NO_COLOR: '1' });
      const { code, stdout } = await child.ended;
      expect(code).to.equal(0);
      expect(stdout).to.not.match(/\x1b\[[\d;]*m/);
    });

    (can ? it : it.skip)(`takes the bar away before it tells of an error${why}`, async () => {
      const { code, stdout } = await onTerminal(['--file', '/no/such/file']).ended;
      expect(code).to.equal(1);
      expect(stdout.split('\x1b[2K').at(-1)).to.equal(
        'wakechain: /no/such/file: no such file or directory (ENOENT)\r\n',
      );
    });

    (can ? it : it.skip)(`is interrupted by Ctrl-C, and gives the cursor back${why}`, async () => {
      const child = onTerminal(['--experiment', 'depth', '--rounds', '100000']);
      await until(child, () => child.stdout.includes('starting'));
      child.type('\x03');
      const { code, stdout } = await child.ended;
      expect(code).to.equal(130);
      expect(stdout).to.match(/wakechain: interrupted; .*\r\n$/);
      expect(stdout.lastIndexOf('\x1b[?25h')).to.be.greaterThan(stdout.lastIndexOf('\x1b[?25l'));
    });
  });
});
