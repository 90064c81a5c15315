// The month's report: its budgets, its files, and how it looks on paper.
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

const messages = [{ role: 'user' as const, content: 'Hello' }];

test.beforeEach(async ({ stage }) => {
  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  await client.chat.completions.create({ model: 'oc/echo', messages });
  await client.chat.completions.create({ model: 'oc/think', messages });
  await stage.router.history(2);
  const provider = stage.nodes.oc.id;
  await stage.router.api('POST', '/api/budgets', { provider, amount: 1, unit: 'tokens', period: 'month' });
  await stage.router.api('POST', '/api/budgets', { provider, amount: 1_000_000, unit: 'tokens', period: 'day' });
});

test('budgets are told with what is used of them and where that is heading', async ({ page, stage }) => {
  await visit(page, '/dashboard/usage/report');
  const rows = page.getByRole('region', { name: 'Budgets', exact: true }).locator('tbody').getByRole('row');
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('Chat house');
  await expect(rows.nth(0)).toContainText('1 token per month');
  await expect(rows.nth(0)).toContainText('Exceeded');
  await expect(rows.nth(1)).toContainText('1,000,000 tokens per day');
  const used = stage.upstream.reported.reduce((sum, usage) => sum + usage.input + usage.cacheRead + usage.cacheWrite + usage.output, 0);
  await expect(rows.nth(1)).toContainText(`${used.toLocaleString('en')} tokens`);
  await expectAccessible(page);

  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/^usage-report-\d{4}-\d{2}\.csv$/);
});

test('on paper there are the figures alone, dark on light, and nothing is cut', async ({ page }) => {
  // An A4 page without its margins.
  await page.setViewportSize({ width: 720, height: 1000 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit(page, '/dashboard/usage/report');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await expect(page.getByRole('heading', { name: /^Usage in \d{4}-\d{2}$/ })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: "At the month's end" })).toBeVisible();
  for (const hidden of ['Print', 'Show']) {
    await expect(page.getByRole('button', { name: hidden, exact: true })).toBeHidden();
  }
  await expect(page.getByRole('link', { name: 'CSV' })).toBeHidden();
  await expect(page.getByRole('navigation').first()).toBeHidden();
  const { cut, ink, overflow } = await page.evaluate(() => ({
    cut: [...document.querySelectorAll('.report table')].filter((table) => table.getBoundingClientRect().right > window.innerWidth + 1).length,
    ink: getComputedStyle(document.querySelector('.report h2')!).color,
    overflow: getComputedStyle(document.querySelector('.report .table-box')!).overflow,
  }));
  expect(cut).toBe(0);
  expect(overflow).toBe('visible');
  const [red, green, blue] = ink.match(/[\d.]+/g)!.map(Number);
  expect(red + green + blue, ink).toBeLessThan(3 * 80);
  const paper = await page.pdf({ format: 'A4' });
  expect(paper.subarray(0, 5).toString()).toBe('%PDF-');
});
