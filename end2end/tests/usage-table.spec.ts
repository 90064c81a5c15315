// The usage table with all it can do: grouped, sorted, filtered, by keyboard, without scripts, on a phone, exported.
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test, visit } from './support';

const CHAT = '/v1/chat/completions';
const MESSAGES = '/v1/messages';
const DIMENSIONS = [
  'endpoint', 'client_format', 'provider', 'model_requested', 'model_served', 'account', 'key', 'user', 'combo',
  'outcome', 'tag', 'day', 'hour',
];

type Ask = { path?: string; model?: string; tag?: string };

/** A request, whatever becomes of it. */
async function ask(stage: { router: { url: string }; key: string }, { path = CHAT, model = 'oc/echo', tag }: Ask) {
  const response = await fetch(`${stage.router.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${stage.key}`,
      ...(tag !== undefined && { 'x-9router-tag': tag }),
    },
    body: JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }),
  });
  await response.text();
}

/** Five requests: three of chat by two tags, one of messages, one that is refused. */
test.beforeEach(async ({ stage }) => {
  await ask(stage, { tag: 'night' });
  await ask(stage, { tag: 'night' });
  await ask(stage, { model: 'oc/think', tag: 'day' });
  await ask(stage, { path: MESSAGES, model: 'an/think' });
  await ask(stage, { path: MESSAGES, model: 'nobody/knows' });
  await stage.router.history(5);
});

test('every grouping adds up to the cards', async ({ browser, stage }) => {
  // What the server writes is what the browser draws first; without scripts nothing has to be waited for.
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const page = await context.newPage();
  for (const [place, by] of DIMENSIONS.entries()) {
    const thenBy = DIMENSIONS[(place + 3) % DIMENSIONS.length];
    await page.goto(`/dashboard/usage?by=${by},${thenBy}&opened=all`);
    const requests = await column(page, 'tr.group');
    expect(requests.length, by).toBeGreaterThan(0);
    expect(sum(requests), by).toBe(5);
    expect(sum(await column(page, 'tr.line')), `${by}, ${thenBy}`).toBe(5);
    expect(await column(page, 'tfoot tr'), by).toEqual([5]);
    const card = page.getByRole('term').filter({ hasText: /^Requests$/ }).locator('xpath=following-sibling::dd[1]');
    await expect(card.getByRole('strong')).toHaveText('5');
  }
  await context.close();
});

test('grouping, a filter and the columns are chosen in forms and stand in the URL', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await page.getByLabel('Group by').selectOption('Tag');
  await expect(page.getByRole('heading', { name: 'By tag' })).toBeVisible();
  await expect(names(page)).toHaveText(['night', 'No tag', 'day']);
  await expect(page).toHaveURL(/by=tag/);

  await page.getByLabel('Outcome').selectOption('Refused');
  await expect(names(page)).toHaveText(['No tag']);
  await page.getByRole('link', { name: 'Take away Outcome: Refused' }).click();
  await expect(names(page)).toHaveCount(3);

  await page.getByLabel('With the text').fill('THINK');
  await page.keyboard.press('Enter');
  await expect(table(page).locator('tfoot td.number').first()).toHaveText('2');
  await page.getByRole('link', { name: 'Take away With the text: THINK' }).click();
  await expect(table(page).locator('tfoot td.number').first()).toHaveText('5');

  await page.getByText('Columns', { exact: false }).first().click();
  await page.getByLabel('Errors', { exact: true }).uncheck();
  await page.getByLabel('First token p99').check();
  await page.getByRole('button', { name: 'Show these columns' }).click();
  await expect(page.getByRole('columnheader', { name: 'First token p99' })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'Errors' })).toHaveCount(0);

  const url = page.url();
  await page.reload();
  expect(page.url()).toBe(url);
  await expect(page.getByRole('columnheader', { name: 'First token p99' })).toBeVisible();
});

test('only one row, and then its requests in the log', async ({ page }) => {
  await visit(page, '/dashboard/usage?by=endpoint,tag');
  await page.getByRole('link', { name: `Only ${CHAT}` }).click();
  await expect(page).toHaveURL(/endpoint=\/v1\/chat\/completions/);
  await expect(names(page)).toHaveText([CHAT]);
  await page.getByRole('link', { name: `Requests of ${CHAT}` }).click();
  await expect(page).toHaveURL(/\/dashboard\/logs\?.*endpoint=/);
  await expect(page.getByRole('main').getByRole('table').first().locator('tbody tr')).toHaveCount(3);
});

test('with the keyboard alone: open, walk, close, and sort by two columns', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await toggle(page, CHAT).focus();
  await page.keyboard.press('ArrowRight');
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'true');
  await expect(table(page).locator('tr.line')).toHaveCount(2);
  await expect(toggle(page, CHAT)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(table(page).locator('tr.line').first().getByRole('link').first()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await expect(toggle(page, CHAT)).toHaveAttribute('aria-expanded', 'false');

  const errors = page.getByRole('columnheader', { name: 'Errors' });
  const name = page.getByRole('columnheader', { name: 'Endpoint, model served' });
  await errors.getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(errors).toHaveAttribute('aria-sort', 'descending');
  await name.getByRole('link').focus();
  await page.keyboard.press('Shift+Enter');
  await expect(page).toHaveURL(/sort=errors&then_sort=name:ascending/);
  await expect(name).toHaveAttribute('aria-sort', 'ascending');
  await expect(names(page)).toHaveText([MESSAGES, CHAT]);
});

test('what is past the limit is one row that can be opened', async ({ page }) => {
  await visit(page, '/dashboard/usage?by=tag&limit=1');
  await expect(table(page).locator('tr.rest')).toContainText('Other: 2 tags');
  expect(sum(await column(page, 'tbody tr'))).toBe(5);
  await page.getByRole('link', { name: 'Show more' }).click();
  await expect(names(page)).toHaveCount(3);
});

test('a newer answer moves nothing under the pointer', async ({ page, stage }) => {
  await visit(page, '/dashboard/usage');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await toggle(page, MESSAGES).hover();
  for (const _ of [1, 2]) await ask(stage, { path: MESSAGES, model: 'an/think' });
  await expect(table(page).locator('tfoot td.number').first()).toHaveText('7');
  await expect(names(page)).toHaveText([CHAT, MESSAGES]);
  await page.mouse.move(0, 0);
  await expect(names(page)).toHaveText([MESSAGES, CHAT]);
});

test('days are those of the zone that is chosen', async ({ page }) => {
  await visit(page, '/dashboard/usage?by=day&from=2026-03-28&until=2026-03-30&zone=Europe/Berlin');
  await expect(page.getByText('From 2026-03-28 00:00 to 2026-03-31 00:00, Europe/Berlin')).toBeVisible();
  await page.goto('/dashboard/usage?zone=Middle/Earth');
  await expect(page.getByRole('alert').getByText('Middle/Earth')).toBeVisible();
});

test.describe('in Kathmandu', () => {
  test.use({ timezoneId: 'Asia/Kathmandu' });

  test('the viewer reads their own clock unless the URL says another', async ({ page }) => {
    await visit(page, '/dashboard/usage?by=hour');
    await expect(page.getByText(/, Asia\/(Kathmandu|Katmandu)/)).toBeVisible();
    await page.goto('/dashboard/usage?by=hour&zone=UTC');
    await expect(page.getByText(/From .*, UTC/)).toBeVisible();
    await expect(names(page).first()).toHaveText(/^\d{4}-\d\d-\d\d \d\d:00$/);
  });
});

test('a file has exactly the rows that are shown', async ({ page }) => {
  await visit(page, '/dashboard/usage?by=tag,endpoint&columns=requests,cost');
  await table(page).getByRole('button', { name: 'night' }).click();
  await expect(table(page).locator('tr.line')).toHaveCount(1);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV', exact: true }).click()]);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
  expect(lines[0]).toBe('kind,tag,tag_id,endpoint,endpoint_id,requests,requests_share,cost_usd,cost_share');
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 2).concat(line.split(',')[5]))).toEqual([
    ['group', 'night', '2'],
    ['row', 'night', '2'],
    ['group', '', '2'],
    ['group', 'day', '1'],
    ['total', '', '5'],
  ]);
});

test('everything can be done without any script', async ({ browser, stage }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const page = await context.newPage();
  await page.goto('/dashboard/usage');
  await page.getByLabel('Group by').selectOption('Tag');
  await page.getByLabel('Then by').selectOption('Endpoint');
  await page.getByRole('button', { name: 'Apply' }).first().click();
  await expect(names(page)).toHaveText(['night', 'No tag', 'day']);
  await table(page).getByRole('button', { name: 'night' }).click();
  await expect(table(page).locator('tr.line')).toHaveCount(1);
  await page.getByRole('columnheader', { name: 'Requests' }).getByRole('link').click();
  await expect(names(page).first()).toHaveText('day');
  await page.getByText('The figures of the chart').first().click();
  await expect(page.getByRole('region', { name: 'The figures of the chart' }).getByRole('table')).toBeVisible();
  await context.close();
});

test('a long table is drawn in parts, and all of it can be reached', async ({ page, stage, browser }) => {
  const tags = Array.from({ length: 260 }, (_, number) => `tag ${String(number).padStart(3, '0')}`);
  for (const tag of tags) await ask(stage, { model: 'nobody/knows', tag });
  await stage.router.history(265);
  await visit(page, '/dashboard/usage?by=tag&limit=1000&sort=name&direction=ascending');
  const box = page.getByRole('region', { name: 'Usage, a table' });
  await expect(box.getByRole('table')).toHaveAttribute('aria-rowcount', '265');
  await expect(box.getByText('tag 000')).toBeVisible();
  await expect.poll(() => table(page).locator('tr.group').count()).toBeLessThan(150);
  await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(box.getByText('tag 259')).toBeVisible();
  expect(await table(page).locator('tr.group').count()).toBeLessThan(150);

  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const plain = await context.newPage();
  await plain.goto('/dashboard/usage?by=tag&limit=1000&sort=name&direction=ascending');
  await expect(table(plain).locator('tr.group')).toHaveCount(200);
  await plain.getByRole('link', { name: 'Next rows' }).click();
  await expect(plain.getByText('tag 259')).toBeVisible();
  await context.close();
});

test('nothing is in anybody\'s way, on a phone neither', async ({ page }) => {
  await visit(page, '/dashboard/usage?opened=all&columns=requests,total,cost&chart=ttft_p50');
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  const box = page.getByRole('region', { name: 'Usage, a table' });
  await box.scrollIntoViewIfNeeded();
  await box.evaluate((element) => element.scrollTo(element.scrollWidth, 0));
  await toggle(page, CHAT).scrollIntoViewIfNeeded();
  await expect(toggle(page, CHAT)).toBeInViewport();
});

test('a month: four times the same sums, a forecast, and a file', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await page.getByRole('link', { name: 'Monthly report' }).click();
  await expect(page.getByRole('heading', { name: /^Usage in \d{4}-\d\d$/ })).toBeVisible();
  for (const name of ['By user', 'By API key', 'By provider', 'By model served']) {
    const section = page.getByRole('region', { name, exact: true });
    expect(sum(await numbers(section.locator('tbody tr td:nth-of-type(1)'))), name).toBe(5);
    expect(await numbers(section.locator('tfoot td:nth-of-type(1)'))).toEqual([5]);
  }
  await expect(page.getByText(/If the month goes on like this it will cost \$/)).toBeVisible();
  await expectAccessible(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV', exact: true }).click()]);
  expect(await readFile(await download.path(), 'utf8')).toMatch(/^kind,user,/);

  await page.getByRole('link', { name: 'Month before' }).click();
  await expect(page).toHaveURL(/month=\d{4}-\d\d/);
  await expect(page.getByText('Nothing was used in this month.').first()).toBeVisible();
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('link', { name: 'CSV', exact: true })).toBeHidden();
  await expect(page.getByRole('heading', { name: /^Usage in/ })).toBeVisible();
});

function table(page: Page): Locator {
  return page.getByRole('region', { name: 'Usage, a table' }).getByRole('table');
}

function toggle(page: Page, endpoint: string): Locator {
  return table(page).getByRole('button', { name: endpoint });
}

/** The names of the groups, from top to bottom. */
function names(page: Page): Locator {
  return table(page).locator('tr.group .value');
}

/** The first figures of these rows. */
function column(page: Page, rows: string): Promise<number[]> {
  return numbers(table(page).locator(rows).locator('td.number:nth-of-type(1)'));
}

async function numbers(cells: Locator): Promise<number[]> {
  const texts = await cells.evaluateAll((cells) => cells.map((cell) => cell.firstChild?.textContent ?? ''));
  return texts.map((text) => Number(text.replace(/[^0-9.]/g, '')));
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
