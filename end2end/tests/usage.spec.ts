// What was used: cards, the table by endpoint, the newest requests, live.
import Anthropic from '@anthropic-ai/sdk';
import type { Locator, Page } from '@playwright/test';
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';

/** Four requests: three over two models of chat, one of messages. */
test.beforeEach(async ({ stage }) => {
  const openai = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: stage.router.url, apiKey: stage.key, maxRetries: 0 });
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await openai.chat.completions.create({ model: 'oc/think', messages });
  await anthropic.messages.create({ model: 'an/think', max_tokens: 100, messages });
  await stage.router.history(4);
});

test('the cards, the groups and their lines agree with what the upstream reported', async ({ page, stage }) => {
  await visit(page, '/dashboard/usage');
  await expectAccessible(page);
  const { reported } = stage.upstream;
  const total = sum(reported.map((usage) => usage.input + usage.cacheRead + usage.cacheWrite + usage.output));
  const output = sum(reported.map((usage) => usage.output));
  expect(await card(page, 'Requests')).toBe(4);
  expect(await card(page, 'Tokens')).toBe(total);
  expect(await card(page, 'Output tokens')).toBe(output);

  const groups = await Promise.all([CHAT, MESSAGES].map((endpoint) => figures(group(page, endpoint))));
  expect(add(groups)).toEqual(await figures(table(page).locator('tfoot').getByRole('row')));
  expect(sum(groups.map(([requests]) => requests))).toBe(4);

  await toggle(page, CHAT).click();
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  const lines = table(page).locator('tr.line');
  await expect(lines).toHaveCount(2);
  const parts = await Promise.all((await lines.all()).map(figures));
  expect(add(parts)).toEqual(groups[0]);
  await expectAccessible(page);
});

test('what is open and how it is sorted stands in the URL and survives a reload', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await toggle(page, MESSAGES).click();
  await expect(order(page)).toHaveText([CHAT, MESSAGES]);
  await page.getByRole('columnheader', { name: 'Tokens' }).getByRole('link').click();
  await expect(page).toHaveURL(/sort=total/);
  await expect(page).toHaveURL(/open=/);
  await expect(page.getByRole('columnheader', { name: 'Tokens' })).toHaveAttribute('aria-sort', 'descending');

  await page.getByRole('columnheader', { name: 'Requests' }).getByRole('link').click();
  await page.getByRole('columnheader', { name: 'Requests' }).getByRole('link').click();
  await expect(page.getByRole('columnheader', { name: 'Requests' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(order(page)).toHaveText([MESSAGES, CHAT]);
  await expect(toggle(page, MESSAGES)).toHaveAttribute('aria-expanded', 'true');

  const url = page.url();
  await page.reload();
  expect(page.url()).toBe(url);
  await expect(order(page)).toHaveText([MESSAGES, CHAT]);
  await expect(toggle(page, MESSAGES)).toHaveAttribute('aria-expanded', 'true');
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'false');
});

test('a group opens from the keyboard', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await toggle(page, CHAT).focus();
  await page.keyboard.press('Space');
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Enter');
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'false');
});

test('a request appears by itself, without anything else moving', async ({ page, stage }) => {
  await visit(page, '/dashboard/usage');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await toggle(page, CHAT).click();
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  const url = page.url();

  const openai = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  const stream = await openai.chat.completions.create({ model: 'oc/slow', messages, stream: true });
  await expect(page.getByText('1 in flight')).toBeVisible();
  for await (const _ of stream);
  await expect.poll(() => card(page, 'Requests')).toBe(5);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  expect(page.url()).toBe(url);
  await expect(page.getByRole('region', { name: 'Newest requests' }).getByRole('row').nth(1)).toContainText('slow');
});

test('a period and what the chart shows are links', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await page.getByRole('link', { name: '24 hours' }).click();
  await expect(page).toHaveURL(/period=24h/);
  expect(await card(page, 'Requests')).toBe(4);
  await page.getByRole('navigation', { name: 'What the chart shows' }).getByRole('link', { name: 'Cost' }).click();
  await expect(page).toHaveURL(/chart=cost/);
  await expect(page.getByRole('heading', { name: 'Cost over time' })).toBeVisible();
  await expectAccessible(page);
});

test('everything can be read without any script', async ({ browser, stage }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const page = await context.newPage();
  await page.goto('/dashboard/usage');
  expect(await card(page, 'Requests')).toBe(4);
  await toggle(page, CHAT).click();
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  await page.getByRole('columnheader', { name: 'Requests' }).getByRole('link').click();
  await expect(order(page)).toHaveText([MESSAGES, CHAT]);
  await context.close();
});

function table(page: Page): Locator {
  return page.getByRole('region', { name: 'By endpoint' }).getByRole('table');
}

function toggle(page: Page, endpoint: string): Locator {
  return table(page).getByRole('button', { name: endpoint });
}

/** The row of a whole endpoint. */
function group(page: Page, endpoint: string): Locator {
  return table(page).getByRole('row').filter({ has: page.getByRole('button', { name: endpoint }) });
}

/** The endpoints, from top to bottom. */
function order(page: Page): Locator {
  return table(page).getByRole('button', { name: /^\/v1\// });
}

/** The figure on a card. */
async function card(page: Page, title: string): Promise<number> {
  const term = page.getByRole('term').filter({ hasText: new RegExp(`^${title}$`) });
  return number(await term.locator('xpath=following-sibling::dd[1]').getByRole('strong').textContent());
}

/** The figures of a row, in the order of the columns; without cost, which is no count. */
async function figures(row: Locator): Promise<number[]> {
  // Requests, errors, input, cache read, output, tokens: what adds up.
  const cells = await row.locator('td.number').evaluateAll((cells) => cells.slice(0, 6).map((cell) => cell.firstChild?.textContent ?? ''));
  return cells.map(number);
}

function number(text: string | null): number {
  return Number((text ?? '').replace(/[^0-9.]/g, ''));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function add(rows: number[][]): number[] {
  return rows[0].map((_, column) => sum(rows.map((row) => row[column])));
}
