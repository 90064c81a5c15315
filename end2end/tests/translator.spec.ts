// The bench for translations: what the other side would get, and what would be lost.
import Anthropic from '@anthropic-ai/sdk';
import type { Locator, Page } from '@playwright/test';
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

test('a request is translated, with what is lost beside it', async ({ page }) => {
  await visit(page, '/dashboard/usage');
  await page.getByRole('link', { name: 'Translator' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Translator');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Translate' }).click();
  await expect(page.getByRole('status').filter({ hasText: /^Translated, with \d+ note/ })).toBeVisible();
  await expect(region(page, 'Neutral form')).toContainText('turns: [');
  await expect(region(page, 'Target')).toContainText('/messages');
  const target = JSON.parse((await region(page, 'The target').textContent())!);
  expect(target).toMatchObject({ model: 'claude-sonnet-4-5', stream: true, max_tokens: 300 });
  expect(target.messages.at(-1)).toMatchObject({ role: 'user' });
  await expect(region(page, 'Notes').getByText('seed', { exact: true })).toBeVisible();
  await expectAccessible(page);
});

test('the sides stand in the URL, and untouched samples follow them', async ({ page }) => {
  await visit(page, '/dashboard/translator');
  await expect(body(page)).toHaveValue(/max_completion_tokens/);
  await page.getByLabel('The client speaks').selectOption('Anthropic Messages');
  await expect(page).toHaveURL(/client=anthropic/);
  await expect(body(page)).toHaveValue(/input_schema/);
  await page.getByLabel('The provider speaks').selectOption('Gemini CLI');
  await expect(page.getByLabel('Model, as the provider calls it')).toHaveValue('gemini-2.5-flash');
  await page.getByRole('link', { name: 'Answer or stream' }).click();
  await expect(page).toHaveURL(/tab=answer/);
  await expect(body(page)).toHaveValue(/^data: \{"response"/);

  const url = page.url();
  await page.reload();
  expect(page.url()).toBe(url);
  await expect(page.getByLabel('The client speaks')).toHaveValue('anthropic');
  await expect(page.getByLabel('The provider speaks')).toHaveValue('gemini-cli');
  await expect(body(page)).toHaveValue(/^data: \{"response"/);

  await visit(page, url);
  await body(page).fill('my own words');
  await page.getByLabel('The provider speaks').selectOption('Anthropic Messages');
  await expect(page).not.toHaveURL(/provider=/);
  await expect(body(page)).toHaveValue('my own words');
  await page.getByRole('button', { name: 'Load a sample' }).click();
  await expect(body(page)).toHaveValue(/message_start/);
});

test('a stream is translated from the keyboard, as a stream and as a whole', async ({ page }) => {
  await visit(page, '/dashboard/translator?tab=answer&client=anthropic&provider=openai-chat');
  await body(page).press('Control+Enter');
  await expect(page.getByText('Translated. Nothing is lost.')).toBeVisible();
  await expect(region(page, 'The neutral form')).toContainText('Delta(Text("look."))');
  await expect(region(page, 'The target')).toContainText('event: content_block_start');
  await expect(region(page, 'Notes')).toContainText('Nothing is lost.');

  await page.getByRole('switch', { name: 'The client asks for a stream' }).click();
  await page.getByRole('button', { name: 'Translate' }).click();
  await expect(region(page, 'The target')).toContainText('"stop_reason": "tool_use"');
  const message = JSON.parse((await region(page, 'The target').textContent())!);
  expect(message.content.at(-1)).toMatchObject({ name: 'get_weather', input: { city: 'Oslo' } });
  await expectAccessible(page);
});

test('the same format passes unchanged', async ({ page }) => {
  await visit(page, '/dashboard/translator?client=anthropic');
  const sent = (await body(page).inputValue()).replace('"prefix/model"', '"claude-sonnet-4-5"');
  await page.getByRole('button', { name: 'Translate' }).click();
  await expect(region(page, 'Neutral form')).toContainText('Passes unchanged');
  expect(await region(page, 'The target').textContent()).toBe(sent);
});

test('what is wrong is said with its place', async ({ page }) => {
  await visit(page, '/dashboard/translator');
  await body(page).fill('{"model":"m","messages":7}');
  await page.getByRole('button', { name: 'Translate' }).click();
  const alert = page.getByRole('alert').filter({ hasText: 'messages' });
  await expect(alert.getByText('messages', { exact: true })).toBeVisible();
  await expect(region(page, 'Target')).toContainText('Nothing is written.');
  await expectAccessible(page);
});

test('losses are noted with the request, until they are refused', async ({ page, stage }) => {
  const openai = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  const ask = () => openai.chat.completions.create({ model: 'an/echo', seed: 7, messages: [{ role: 'user', content: 'Hello' }] });
  await ask();
  await stage.router.history(1);
  await visit(page, '/dashboard/usage');
  const row = page.getByRole('region', { name: 'Newest requests' }).getByRole('row').nth(1);
  await row.getByText(/^\d+ notes?$/).click();
  await expect(row.getByText('seed', { exact: true })).toBeVisible();
  await expectAccessible(page);

  await visit(page, '/dashboard/translator');
  const strict = page.getByRole('switch', { name: 'Refuse instead of losing anything' });
  await expect(strict).not.toBeChecked();
  await strict.click();
  await expect(strict).toBeChecked();
  await expect(ask()).rejects.toMatchObject({ status: 422 });
  await page.reload();
  await expect(strict).toBeChecked();
  expect(await stage.router.api('GET', '/api/settings')).toMatchObject({ strictTranslation: true });

  // What loses nothing is answered all the same.
  const anthropic = new Anthropic({ baseURL: stage.router.url, apiKey: stage.key, maxRetries: 0 });
  await anthropic.messages.create({ model: 'an/echo', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] });
});

function body(page: Page): Locator {
  return page.getByLabel(/^The (client's request|provider's answer)$/);
}

/** A panel by its title, or the code in it by its label. */
function region(page: Page, name: string): Locator {
  return page.getByRole('region', { name, exact: true });
}
