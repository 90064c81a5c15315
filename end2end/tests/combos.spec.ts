// Combos and aliases: names of one's own that stand where a client writes a model.
import type { Locator } from '@playwright/test';
import OpenAI from 'openai';
import { UPSTREAM_KEYS } from '../support/stage.mjs';
import { expect, expectAccessible, test, visit } from './support';

test('a combo is made from the keyboard, put in order, changed and deleted', async ({ page, stage }) => {
  await visit(page, '/dashboard/providers');
  await page.getByRole('link', { name: 'Combos' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Combos');
  await expect(page.getByText('No combo yet.')).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Create a combo' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a combo' });
  await dialog.getByLabel('Name').fill('coding');
  await expect(dialog.getByLabel('Fallback')).toBeChecked();
  const picker = dialog.getByRole('combobox', { name: 'Add a step' });
  // What is in no list is taken as it is typed.
  for (const model of ['oc/echo', 'an/echo']) {
    await picker.fill(model);
    await picker.press('Enter');
    await expect(picker).toHaveValue('');
  }
  // What is in the list is found by a part of it.
  await picker.fill('openai');
  await picker.press('ArrowDown');
  await picker.press('ArrowUp');
  await expect(dialog.getByRole('option', { selected: true })).toContainText('openai/');
  await expectAccessible(page);
  await picker.press('Enter');
  await expect(steps(dialog)).toHaveCount(3);
  await expect(steps(dialog).nth(2)).toContainText('No account in use');

  const up = dialog.getByRole('button', { name: 'Move an/echo up' });
  await up.press('Enter');
  await expect(steps(dialog).nth(0)).toContainText('an/echo');
  // At the end of the way the focus is on the other button.
  await expect(dialog.getByRole('button', { name: 'Move an/echo down' })).toBeFocused();
  await steps(dialog).nth(2).getByRole('button', { name: /^Remove/ }).click();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();

  const card = page.getByRole('article', { name: 'coding' });
  await expect(card.getByRole('listitem')).toHaveText([/an\/echo(Ready)?\s*Messages house/, /oc\/echo(Ready)?\s*Chat house/]);
  await expect(card.getByText('Fallback')).toBeVisible();
  await expectAccessible(page);
  expect(await stored(stage)).toMatchObject([{ name: 'coding', models: ['an/echo', 'oc/echo'], strategy: 'fallback' }]);

  // From now on it is a model for every client.
  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  await client.chat.completions.create({ model: 'coding', messages: [{ role: 'user', content: 'Hello' }] });
  expect(stage.upstream.last().headers['x-api-key']).toBe(UPSTREAM_KEYS.an);

  await card.getByRole('button', { name: 'Edit coding' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit coding' });
  await edit.getByLabel('Round robin').check();
  await steps(edit).nth(1).dragTo(steps(edit).nth(0));
  await expect(steps(edit).nth(0)).toContainText('oc/echo');
  // What is typed and not added yet is meant, too.
  await edit.getByRole('combobox', { name: 'Add a step' }).fill('or/echo');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByText('Round robin')).toBeVisible();
  await page.reload();
  await expect(card.getByRole('listitem')).toHaveText([/oc\/echo/, /an\/echo/, /or\/echo/]);
  expect(await stored(stage)).toMatchObject([{ models: ['oc/echo', 'an/echo', 'or/echo'], strategy: 'round-robin' }]);

  await visit(page, '/dashboard/combos');
  await card.getByRole('button', { name: 'Delete coding' }).click();
  await page.getByRole('dialog', { name: 'Delete the combo?' }).getByRole('button', { name: 'Delete the combo' }).click();
  await expect(card).toHaveCount(0);
  expect(await stored(stage)).toEqual([]);
});

test('an alias is added, led elsewhere, and kept while something uses it', async ({ page, stage }) => {
  await visit(page, '/dashboard/combos');
  await page.getByRole('button', { name: 'Add an alias' }).click();
  const add = page.getByRole('dialog', { name: 'Add an alias' });
  await add.getByLabel('Alias').fill('gpt-4o');
  await add.getByRole('combobox', { name: 'Leads to' }).fill('oc/echo');
  await expectAccessible(page);
  await add.getByRole('button', { name: 'Save' }).click();

  const table = page.getByRole('region', { name: 'The aliases, a table' });
  const row = table.getByRole('row').filter({ hasText: 'gpt-4o' });
  await expect(row).toContainText('Chat house');
  await row.getByRole('button', { name: 'Edit gpt-4o' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit gpt-4o' });
  await edit.getByRole('combobox', { name: 'Leads to' }).fill('an/echo');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('Messages house');
  expect(await stage.router.api('GET', '/api/models/alias')).toEqual({ aliases: { 'gpt-4o': 'an/echo' } });

  await stage.router.api('POST', '/api/combos', { name: 'coding', models: ['gpt-4o', 'oc/echo'] });
  await visit(page, '/dashboard/combos');
  await expect(page.getByRole('article', { name: 'coding' }).getByText('alias of an/echo')).toBeVisible();
  await row.getByRole('button', { name: 'Delete gpt-4o' }).click();
  const used = page.getByRole('dialog', { name: 'gpt-4o is in use' });
  await expect(used.getByText(/used by the combo coding/)).toBeVisible();
  await expect(used.getByRole('button', { name: 'Delete the alias' })).toHaveCount(0);
  await expectAccessible(page);
  await used.getByRole('button', { name: 'Keep it' }).click();

  const { combos } = await stage.router.api('GET', '/api/combos');
  await stage.router.api('DELETE', `/api/combos/${combos[0].id}`);
  await visit(page, '/dashboard/combos');
  await row.getByRole('button', { name: 'Delete gpt-4o' }).click();
  await page.getByRole('dialog', { name: 'Delete the alias?' }).getByRole('button', { name: 'Delete the alias' }).click();
  await expect(page.getByText('No alias yet.')).toBeVisible();
});

test('what would happen now is told, and a step gives way when its budget is used up', async ({ page, stage }) => {
  await stage.router.api('POST', '/api/combos', { name: 'coding', models: ['oc/echo', 'an/echo'] });
  await visit(page, '/dashboard/combos');
  const card = page.getByRole('article', { name: 'coding' });
  const ask = card.getByRole('button', { name: 'What would happen now with coding?' });
  await ask.click();
  await expect(card.getByText('A request would go to echo at Chat house, by the account Chat house account.')).toBeVisible();
  await expect(card.getByText('Asked as number 2, if those before it fail.')).toBeVisible();
  await expectAccessible(page);

  await card.getByRole('button', { name: 'Set a budget for coding, step oc/echo' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a budget for coding, step oc/echo' });
  await dialog.getByLabel('What is counted').selectOption('Tokens');
  await dialog.getByLabel('How much').fill('1');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(card.getByText('0 of 1 token per day')).toBeVisible();

  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  await client.chat.completions.create({ model: 'coding', messages: [{ role: 'user', content: 'Hello' }] });
  await visit(page, '/dashboard/combos');
  await expect(card.getByText(/^Used up until/)).toBeVisible();
  await expectAccessible(page);
  await ask.click();
  await expect(card.getByText('A request would go to echo at Messages house, by the account Messages house account.')).toBeVisible();

  await card.getByRole('button', { name: 'Change the budget of coding, step oc/echo' }).click();
  const change = page.getByRole('dialog', { name: 'Change the budget of coding, step oc/echo' });
  await change.getByLabel('How much').fill('100000');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(card.getByText(/of 100,000 tokens per day/)).toBeVisible();
  await expect(card.getByText(/^Used up until/)).toHaveCount(0);
  await card.getByRole('button', { name: 'Take away the budget of coding, step oc/echo' }).click();
  await page.getByRole('dialog', { name: 'Take the budget away?' }).getByRole('button', { name: 'Take it away' }).click();
  await expect(card.getByText(/tokens per day/)).toHaveCount(0);
});

test.describe('refusals', () => {
  test.use({ tolerated: /the server responded with a status of 4\d\d/ });

  test('what the server refuses is said where it was asked', async ({ page, stage }) => {
    await stage.router.api('POST', '/api/combos', { name: 'low', models: ['oc/echo'] });
    await stage.router.api('POST', '/api/combos', { name: 'high', models: ['low'] });
    await visit(page, '/dashboard/combos');
    await expect(page.getByRole('article', { name: 'low' })).toContainText('Used by the combo high.');

    await page.getByRole('button', { name: 'Edit low' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit low' });
    const picker = edit.getByRole('combobox', { name: 'Add a step' });
    await picker.fill('high');
    await picker.press('Enter');
    await edit.getByRole('button', { name: 'Save' }).click();
    await expect(edit.getByText(/would lead back to itself: `low` → `high` → `low`/)).toBeVisible();
    await expectAccessible(page);
    await edit.getByRole('button', { name: 'Remove high' }).click();
    await picker.fill('nobody/echo');
    await picker.press('Enter');
    await edit.getByRole('button', { name: 'Save' }).click();
    await expect(edit.getByText(/`nobody\/echo` leads nowhere/)).toBeVisible();
    await edit.getByLabel('Name').fill('not a name');
    await edit.getByRole('button', { name: 'Save' }).click();
    await expect(edit.getByText(/letters, digits/)).toBeVisible();
    await edit.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('article', { name: 'low' })).toContainText('oc/echo');
  });
});

function steps(dialog: Locator): Locator {
  return dialog.getByRole('group', { name: /^Steps/ }).getByRole('listitem');
}

async function stored(stage: { router: { api: (method: string, path: string) => Promise<any> } }): Promise<unknown[]> {
  return (await stage.router.api('GET', '/api/combos')).combos;
}
