import { build, type Plugin } from 'esbuild';
import { constantsOf } from './applying.js';

interface Bundled {
  /** Contents by name; each spec file has one of its own, and they share chunks. */
  readonly files: ReadonlyMap<string, string>;
  /** The name of each spec file's. */
  readonly entries: ReadonlyMap<string, string>;
}

/** Bundles specs for a browser, with every import of lib answered by the entry points of a published package: its `dist` folder. */
export async function bundleSpecs(root: string, specs: readonly string[], dist: string): Promise<Bundled> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...specs],
    outdir: `${root}/out`,
    outbase: root,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    // What a waitable is called is the package's business, not the bundler's.
    keepNames: true,
    target: 'es2022',
    define: { 'process.env': JSON.stringify(seeds()) },
    inject: [`${root}/spec/browser/node-globals.ts`],
    plugins: [publishedLib(root, dist)],
    logLevel: 'error',
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.slice(`${root}/out/`.length), text]));
  const entries = new Map(
    Object.entries(metafile.outputs).flatMap(([path, { entryPoint: spec }]) =>
      spec === undefined ? [] : [[spec, path.slice('out/'.length)] as const],
    ),
  );
  return { files, entries };
}

/** What decides over random programs. */
function seeds(): Record<string, string> {
  const { WAKECHAIN_SEED, WAKECHAIN_PROGRAMS } = process.env;
  return { ...(WAKECHAIN_SEED && { WAKECHAIN_SEED }), WAKECHAIN_PROGRAMS: WAKECHAIN_PROGRAMS ?? '500' };
}

function publishedLib(root: string, dist: string): Plugin {
  return {
    name: 'published',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.\/\.\.\/lib\/(index|wait|event|compound|adapters|sync|debug)\b/ }, ({ path }) => ({
        path: path.replace('../../', '').replace(/\.js$/, '.ts'),
        namespace: 'published',
      }));
      onResolve({ filter: /^node:events$/ }, () => ({ path: `${root}/spec/browser/node-globals.ts` }));
      onResolve({ filter: /^mocha$/ }, () => ({ path: 'mocha', namespace: 'global' }));
      onLoad({ filter: /./, namespace: 'published' }, ({ path }) => ({
        contents: [
          `export * from ${JSON.stringify(`${dist}/${path.startsWith('lib/debug/') ? 'debug/' : ''}index.js`)};`,
          ...Object.entries(constantsOf(root, path)).map(([name, value]) => `export const ${name} = ${value};`),
        ].join('\n'),
        resolveDir: root,
      }));
      onLoad({ filter: /./, namespace: 'global' }, () => ({
        contents: 'export const { describe, it, before, after, beforeEach, afterEach } = globalThis;',
      }));
    },
  };
}
