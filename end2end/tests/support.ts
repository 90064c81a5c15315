// What the page tests share: a stage of their own each, a browser that is signed in, and an ear on the console.
import AxeBuilder from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import { setStage } from '../support/stage.mjs';

export { expect };

type Stage = Awaited<ReturnType<typeof setStage>>;

type Fixtures = {
  /** A router with three providers behind it, one upstream, and one key. */
  stage: Stage;
  /** Whether the browser begins with the administrator's session. */
  isSignedIn: boolean;
  /** What the console may say all the same, such as the browser's own note of a refused request. */
  tolerated: RegExp | null;
};

export const test = base.extend<Fixtures>({
  isSignedIn: [true, { option: true }],
  tolerated: [null, { option: true }],

  stage: async ({}, use) => {
    const stage = await setStage();
    await use(stage);
    await stage.close();
  },

  baseURL: async ({ stage }, use) => use(stage.router.url),

  page: async ({ page, stage, isSignedIn, tolerated }, use) => {
    if (isSignedIn) await page.context().addCookies(stage.router.cookies);
    const complaints = listen(page, tolerated);
    await use(page);
    expect(complaints, 'the console stays silent').toEqual([]);
    // The stream of the usage page would keep the router from ending.
    await page.close();
  },
});

/** Collects everything on the console that is not plain information. */
export function listen(page: Page, tolerated: RegExp | null = null): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isLoud = message.type() === 'error' || message.type() === 'warning';
    if (isLoud && !tolerated?.test(message.text())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
  return complaints;
}

/** Opens a page and waits until it has come to life. */
export async function visit(page: Page, path: string) {
  await page.goto(path);
  await alive(page);
}

/** Waits until the scripts of the page listen: before that a click on what the server drew would be lost. */
export async function alive(page: Page) {
  const devtools = await page.context().newCDPSession(page);
  await expect(async () => {
    const { result } = await devtools.send('Runtime.evaluate', { expression: 'window' });
    const { listeners } = await devtools.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
    expect(listeners.map((listener) => listener.type)).toContain('popstate');
  }).toPass({ timeout: 20_000 });
  await devtools.detach();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

const WIDTHS = [1280, 390];
const SCHEMES = ['light', 'dark'] as const;

/** No serious obstacle for anyone, wide and narrow, light and dark; and nothing wider than the screen. */
export async function expectAccessible(page: Page) {
  const before = page.viewportSize();
  for (const width of WIDTHS) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => ({ id, where: nodes.map((node) => `${node.target}: ${node.failureSummary}`) }));
      expect(serious, `${width} px, ${colorScheme}`).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `pixels wider than a screen of ${width}`).toBeLessThanOrEqual(0);
    }
  }
  if (before) await page.setViewportSize(before);
}
