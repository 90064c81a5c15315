// Prices: found, set, taken back, and what is stored priced anew.
import OpenAI from 'openai';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, test, visit } from './support';

function table(page: Page) {
  return page.getByRole('region', { name: 'The prices, a table' });
}

test('a price is found, set in its line and reset', async ({ page, stage }) => {
  await visit(page, '/dashboard/usage');
  await page.getByRole('link', { name: 'Pricing' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Pricing');
  await page.getByRole('searchbox', { name: 'Search' }).fill('anthropic claude-sonnet-4-6');
  await expect(page).toHaveURL(/q=anthropic/);
  const line = table(page).getByRole('row', { name: /claude-sonnet-4-6/ }).first();
  await expect(line).toContainText('Catalogue');
  await expectAccessible(page);

  await line.getByRole('button', { name: /^Edit the price/ }).click();
  await expect(page.getByLabel('Input', { exact: true })).toBeFocused();
  await page.getByLabel('Output', { exact: true }).fill('nonsense');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Expected a number of dollars, found `nonsense`.')).toBeVisible();
  await page.getByLabel('Output', { exact: true }).fill('12.5');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(line).toContainText('Set here');
  await expect(line).toContainText('12.5');
  const prices = await stage.router.api('GET', '/api/pricing');
  expect(prices.anthropic['claude-sonnet-4-6'].output).toBe(12.5);

  await line.getByRole('button', { name: /^Edit the price/ }).click();
  await expect(page.getByText('Set here so far')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await line.getByRole('button', { name: /^Reset/ }).click();
  await expect(line).toContainText('Catalogue');
});

test('a model of a node gets a price, and what it has cost is priced anew', async ({ page, stage }) => {
  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  await client.chat.completions.create({ model: 'oc/echo', messages: [{ role: 'user', content: 'Hello' }] });
  await stage.router.history(1);
  await visit(page, '/dashboard/pricing?q=house');
  await page.getByRole('button', { name: 'Add a price' }).click();
  await page.getByLabel('Provider', { exact: true }).selectOption('Chat house');
  await page.getByLabel('Model, as the provider calls it').fill('echo');
  await page.getByLabel('Input', { exact: true }).fill('100');
  await page.getByLabel('Output', { exact: true }).fill('200');
  await page.getByLabel(/^Holds from/).fill('2020-01-01T00:00');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(table(page).getByRole('row', { name: /echo/ })).toContainText('Chat house');

  await page.getByLabel('From, in UTC').fill('2020-01-01T00:00');
  await page.getByLabel('To, in UTC').fill('2099-01-01T00:00');
  await page.getByRole('button', { name: 'Recompute…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Recompute', exact: true }).click();
  await expect(page.getByText(/^1 of 1 request changed\./)).toBeVisible();
  const { totalCost } = await stage.router.api('GET', '/api/usage/history');
  expect(totalCost).toBeGreaterThan(0);
});

test('the list reads without scripts', async ({ browser, stage }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  await context.addCookies(stage.router.cookies);
  const page = await context.newPage();
  await page.goto('/dashboard/pricing');
  await page.getByRole('searchbox', { name: 'Search' }).fill('claude-sonnet-4-6');
  await page.getByRole('searchbox', { name: 'Search' }).press('Enter');
  await expect(page).toHaveURL(/q=claude-sonnet-4-6/);
  await expect(table(page).getByRole('row', { name: /claude-sonnet-4-6/ }).first()).toBeVisible();
  await context.close();
});
