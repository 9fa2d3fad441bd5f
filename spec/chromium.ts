import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const places = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(
  (name) => `/usr/bin/${name}`,
);

/** The Chromium to test with: `CHROMIUM`, or where distributions put it. Null when there is none. */
export const chromiumPath: string | null =
  [process.env['CHROMIUM'] ?? '', ...places].find((path) => path !== '' && existsSync(path)) ?? null;

/** Starts it without a window. @throws an Error that says how to install it when there is none */
export async function launchChromium(): Promise<Browser> {
  if (chromiumPath === null) {
    throw new Error('Chromium was not found: install it (apt-get install chromium) or set CHROMIUM to its path');
  }
  // Its own sandbox refuses to start for root, as in containers. On a busy machine it takes its time.
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'], timeout: 90_000 });
}
