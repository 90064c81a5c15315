// All requests, live and searched, and one of them in full.
import OpenAI from 'openai';
import type { Page } from '@playwright/test';
import { UPSTREAM_KEYS } from '../support/stage.mjs';
import { alive, expect, expectAccessible, test, visit } from './support';

const messages = [{ role: 'user' as const, content: 'Hello' }];

function client(stage: { router: { url: string }; key: string }) {
  return new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
}

function rows(page: Page) {
  return page.getByRole('region', { name: 'The requests, a table' }).locator('tbody').getByRole('row');
}

test('requests are found by what they are, and the URL holds the question', async ({ page, stage }) => {
  const openai = client(stage);
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await openai.chat.completions.create({ model: 'oc/think', messages });
  await expect(openai.chat.completions.create({ model: 'nobody/echo', messages })).rejects.toThrow();
  await stage.router.history(3);

  await visit(page, '/dashboard/usage');
  await page.getByRole('link', { name: 'Requests' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Requests');
  await expect(rows(page)).toHaveCount(3);
  await expectAccessible(page);

  await page.getByLabel('Outcome').selectOption('All failures');
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/outcome=failed/);
  await page.getByLabel('Outcome').selectOption('Refused');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('nobody/echo');
  await expect(page).toHaveURL(/outcome=refused/);
  await page.reload();
  await expect(page.getByLabel('Outcome')).toHaveValue('refused');
  await expect(rows(page)).toHaveCount(1);
  await alive(page);
  await page.getByRole('link', { name: 'Clear the filters' }).click();
  await expect(rows(page)).toHaveCount(3);

  await page.getByRole('searchbox', { name: 'Search' }).fill('THINK');
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).first()).toContainText('think');
  const file = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  expect((await file).suggestedFilename()).toMatch(/^9router-requests-.*\.csv$/);
  const json = await stage.router.api('GET', '/api/usage/logs/export?format=json&q=think');
  expect(json).toHaveLength(1);
});

test('the log reads without scripts', async ({ browser, stage }) => {
  await client(stage).chat.completions.create({ model: 'oc/echo', messages });
  await client(stage).chat.completions.create({ model: 'oc/think', messages });
  await stage.router.history(2);
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const page = await context.newPage();
  await page.goto('/dashboard/logs');
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole('searchbox', { name: 'Search' }).fill('echo');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(rows(page)).toHaveCount(1);
  await rows(page).first().getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'How it was decided' })).toBeVisible();
  await expect(page.getByText('Served · 200')).toBeVisible();
  await context.close();
});

test('the live end stands still while somebody reads', async ({ page, stage }) => {
  const openai = client(stage);
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await stage.router.history(1);
  await visit(page, '/dashboard/logs');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await expect(rows(page)).toHaveCount(2);

  await rows(page).first().hover();
  await openai.chat.completions.create({ model: 'oc/think', messages });
  await openai.chat.completions.create({ model: 'oc/think', messages });
  const news = page.getByRole('button', { name: '2 new requests' });
  await expect(news).toBeVisible();
  await expect(rows(page)).toHaveCount(2);
  await news.click();
  await expect(rows(page)).toHaveCount(4);
  await expect(news).toBeHidden();

  // What does not fit the filters is no news.
  await page.getByLabel('Outcome').selectOption('Refused');
  await expect(page.getByText('No request fits these filters.')).toBeVisible();
  await openai.chat.completions.create({ model: 'oc/echo', messages });
  await stage.router.history(5);
  await expect(page.getByText(/new request/)).toHaveCount(0);
});

test('the log has pages in both directions', async ({ page, stage }) => {
  const openai = client(stage);
  for (let count = 0; count < 55; count += 1) await openai.chat.completions.create({ model: 'oc/echo', messages });
  await stage.router.history(55);
  await visit(page, '/dashboard/logs');
  await expect(rows(page)).toHaveCount(50);
  const pager = page.getByRole('navigation', { name: 'Pages of the log' });
  await pager.getByRole('link', { name: 'Older' }).click();
  await expect(rows(page)).toHaveCount(5);
  await expect(pager.getByRole('link', { name: 'Older' })).toHaveCount(0);
  await pager.getByRole('link', { name: 'Newer' }).click();
  await expect(rows(page)).toHaveCount(50);
  await pager.getByRole('link', { name: 'Newest' }).click();
  await expect(page).toHaveURL(/\/dashboard\/logs$/);
});

test('a request tells its decision, its bill and its payload', async ({ page, stage }) => {
  await stage.router.api('PATCH', '/api/settings', { enableObservability: true });
  await stage.router.api('PATCH', '/api/pricing', { oc: { echo: { input: 1000, output: 2000 } } });
  await stage.router.api('POST', '/api/combos', { name: 'both', models: ['openai/gpt-none', 'oc/echo'] });
  await client(stage).chat.completions.create({ model: 'both', messages: [{ role: 'user', content: `my key is ${stage.key}` }] });
  await stage.router.history(1);
  await visit(page, '/dashboard/logs');
  await rows(page).first().getByRole('link').first().click();

  const decision = page.getByRole('region', { name: 'How it was decided' });
  const candidates = decision.getByRole('listitem');
  await expect(candidates).toHaveCount(2);
  await expect(candidates.nth(0)).toContainText('Passed over');
  await expect(candidates.nth(0)).toContainText('No account that could be asked.');
  await expect(candidates.nth(1)).toContainText('Chat house · Chat house account');
  await expect(candidates.nth(1)).toContainText('Served · 200');
  await expect(candidates.nth(1)).toContainText(/asked after .* headers .* later, first byte .* later, took /);

  const bill = page.getByRole('region', { name: 'Tokens and price', exact: true });
  await expect(bill).toContainText('a price that was set here');
  await expect(bill.getByRole('row', { name: /^Input/ })).toContainText('$1,000.00');
  const { details } = await stage.router.api('GET', '/api/usage/request-details');
  const { row } = await stage.router.api('GET', `/api/usage/request-details/${details[0].id}`);
  // A cache without a price of its own is charged as input.
  const { input, cache_read, cache_write, output } = row.tokens;
  expect(row.cost_micros).toBe((input + cache_read + cache_write) * 1000 + output * 2000);

  await expect(page.getByRole('region', { name: 'Send it again' })).toContainText('$NINEROUTER_KEY');
  const payload = page.getByRole('region', { name: 'Payload' });
  await expect(payload).toContainText('my key is [masked]');
  await expectAccessible(page);
  await payload.getByRole('link', { name: 'Request to the provider' }).click();
  await expect(page).toHaveURL(/stage=1/);
  await expect(payload).toContainText('authorization');
  const text = await page.content();
  for (const secret of [stage.key, UPSTREAM_KEYS.oc]) expect(text).not.toContain(secret);
  await payload.getByRole('link', { name: 'Answer to the client' }).click();
  await expect(payload).toContainText('HTTP 200');
  await payload.getByRole('button', { name: 'Delete the payload' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete the payload' }).click();
  await expect(payload).toContainText('It was not kept.');
});

test('whether payloads are kept is set on the page', async ({ page, stage }) => {
  await visit(page, '/dashboard/logs');
  const card = page.getByRole('region', { name: 'Keep whole requests and answers' });
  await card.getByRole('switch').click();
  await expect(card.getByRole('switch')).toBeChecked();
  await card.getByLabel('Hours').fill('5');
  await card.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Requests are kept from now on').first()).toBeVisible();
  await expect(async () => {
    expect(await stage.router.api('GET', '/api/settings')).toMatchObject({ enableObservability: true, observabilityMaxHours: 5 });
  }).toPass();
  await client(stage).chat.completions.create({ model: 'oc/echo', messages });
  await stage.router.history(1);
  await card.getByRole('button', { name: 'Forget all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Forget all' }).click();
  await expect(page.getByText(/Forgot \d+ request/)).toBeVisible();
});
