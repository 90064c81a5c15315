// A provider's own page: its accounts in order, resting and tested together, and its models.
import OpenAI from 'openai';
import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, test, visit } from './support';

test('accounts are put in order from the keyboard and by dragging, and stay so', async ({ page, stage }) => {
  await more(stage, ['second', 'third']);
  await visit(page, path(stage));
  await expect(names(page)).toHaveText(['Chat house account', 'second', 'third']);
  await expect(page.getByRole('button', { name: 'Move Chat house account up' })).toBeDisabled();
  await expectAccessible(page);

  const up = page.getByRole('button', { name: 'Move third up' });
  await up.press('Enter');
  await expect(page.getByText('The order is saved.').first()).toBeVisible();
  await expect(up).toBeFocused();
  await up.press('Enter');
  await expect(names(page)).toHaveText(['third', 'Chat house account', 'second']);
  // At the end of the way the focus is on the other button.
  await expect(page.getByRole('button', { name: 'Move third down' })).toBeFocused();
  await expect.poll(() => order(stage)).toEqual(['third', 'Chat house account', 'second']);

  await row(page, 'second').dragTo(row(page, 'third'));
  await expect.poll(() => order(stage)).toEqual(['second', 'third', 'Chat house account']);
  await page.reload();
  await expect(names(page)).toHaveText(['second', 'third', 'Chat house account']);
});

test('an account that rests says until when and why, and can be asked again', async ({ page, stage }) => {
  await client(stage).chat.completions.create({ model: 'oc/error-401', messages }).catch(() => {});
  await visit(page, path(stage));
  const rest = row(page, 'Chat house account').getByText(/Rests until .* left: it needs a new key/);
  await expect(rest).toBeVisible();
  const shown = await rest.innerText();
  // It is counted down while one looks.
  await expect(rest).not.toHaveText(shown);
  await page.getByRole('button', { name: 'Ask Chat house account again now' }).click();
  await expect(rest).toHaveCount(0);
});

test('several accounts are paused, taken into use and tested at once', async ({ page, stage }) => {
  await more(stage, ['second']);
  await visit(page, path(stage));
  const tools = page.getByRole('group', { name: 'Several accounts at once' });
  await tools.getByLabel('Choose all').check();
  await tools.getByRole('button', { name: 'Pause' }).click();
  await expect(row(page, 'second').getByText('Paused')).toBeVisible();
  await expect(row(page, 'Chat house account').getByText('Paused')).toBeVisible();
  await page.getByLabel('Choose second').check();
  await tools.getByRole('button', { name: 'Take into use' }).click();
  await expect(row(page, 'second').getByText('Paused')).toHaveCount(0);
  await tools.getByRole('button', { name: 'Test all' }).click();
  await expect(tools.getByText('2 of 2 accounts work.')).toBeVisible();
  await expect(row(page, 'second').getByText('Working')).toBeVisible();
  await expectAccessible(page);
});

test('an account gets a proxy, and of it only the host is shown', async ({ page, stage }) => {
  await visit(page, path(stage));
  await page.getByRole('button', { name: 'Edit Chat house account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit the account' });
  await dialog.getByLabel('Proxy (optional)').fill('socks5://me:hidden@127.0.0.1:9');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  const account = row(page, 'Chat house account');
  await expect(account.getByText('127.0.0.1:9')).toBeVisible();
  await account.getByRole('button', { name: 'Test Chat house account' }).click();
  await expect(account.getByText(/through the proxy `127\.0\.0\.1:9`/).first()).toBeVisible();
  expect(await page.content()).not.toContain('hidden@');

  await page.getByRole('button', { name: 'Edit Chat house account' }).click();
  await dialog.getByLabel('Use no proxy any more').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await account.getByRole('button', { name: 'Test Chat house account' }).click();
  await expect(account.getByText(/It works/)).toBeVisible();
});

test('models are fetched, searched, switched off and added', async ({ page, stage }) => {
  await visit(page, path(stage));
  const models = page.getByRole('region', { name: 'Models' });
  await expect(models.getByText('No model is known yet.')).toBeVisible();
  await models.getByRole('button', { name: 'Fetch from the provider' }).click();
  await expect(models.getByText(/The provider lists/)).toBeVisible();
  const first = models.getByRole('listitem').first();
  const name = await first.locator('code').innerText();
  await expectAccessible(page);

  await models.getByLabel('Search the models').fill('no such model');
  await expect(models.getByRole('listitem')).toHaveCount(0);
  await models.getByLabel('Search the models').fill(name.slice(3));
  await models.getByRole('switch', { name: `${name} is on` }).click();
  await expect(first.getByText('switched off')).toBeVisible();
  expect(await listed(stage)).not.toContain(name);

  await models.getByRole('button', { name: 'Add a model' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a model' });
  await dialog.getByLabel('Model', { exact: true }).fill('oc/by-hand');
  await dialog.getByLabel('Tokens of context').fill('128,000');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Add the model' }).click();
  await models.getByLabel('Search the models').fill('by-hand');
  await expect(models.getByText('128,000 tokens of context')).toBeVisible();
  expect(await listed(stage)).toContain('oc/by-hand');
  await models.getByRole('button', { name: 'Remove oc/by-hand' }).click();
  await expect(models.getByRole('listitem')).toHaveCount(0);
});

test('an account is kept to some models', async ({ page, stage }) => {
  await visit(page, path(stage));
  await page.getByRole('button', { name: 'Edit Chat house account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Edit the account' });
  await dialog.getByLabel('Only these models (optional)').fill('echo\n');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Chat house account').getByText('Only echo')).toBeVisible();
  expect(await listed(stage)).toContain('oc/echo');
  await expect(client(stage).chat.completions.create({ model: 'oc/other', messages })).rejects.toThrow();
  await client(stage).chat.completions.create({ model: 'oc/echo', messages });
});

test.describe('refusals', () => {
  test.use({ tolerated: /the server responded with a status of 4\d\d/ });

  test('a provider whose address is the account’s asks for it', async ({ page, stage }) => {
    await visit(page, '/dashboard/providers/ollama-local');
    const add = page.getByRole('button', { name: /^Add an account/ }).first();
    await add.click();
    const dialog = page.getByRole('dialog', { name: 'Add an account with Ollama Local' });
    await dialog.getByLabel('Name').fill('mine');
    await dialog.getByLabel('Address (optional)').fill(stage.upstream.url.replace(/\/v1$/, ''));
    await dialog.getByRole('button', { name: 'Add the account' }).click();
    await expect(dialog.getByText(/is on this machine or in a private network: say so/)).toBeVisible();
    await expectAccessible(page);
    await dialog.getByLabel('It is on this machine or in my own network').check();
    await dialog.getByRole('button', { name: 'Add the account' }).click();
    await expect(dialog).toBeHidden();
    await expect(row(page, 'mine').getByText(/It is on this machine or in my own network/)).toBeVisible();

    await visit(page, '/dashboard/providers/azure');
    await add.click();
    const azure = page.getByRole('dialog', { name: 'Add an account with Azure OpenAI' });
    await azure.getByLabel('Name').fill('work');
    await azure.getByLabel('API key').fill('key-of-work');
    await azure.getByLabel('Endpoint').fill('https://evil.example');
    await azure.getByRole('button', { name: 'Add the account' }).click();
    await expect(azure.getByText(/Expected https:\/\/….openai.azure.com/)).toBeVisible();
    await expectAccessible(page);
  });

  test('an order that somebody else has changed is not overwritten', async ({ page, stage }) => {
    const [second] = await more(stage, ['second']);
    await visit(page, path(stage));
    await expect(names(page)).toHaveText(['Chat house account', 'second']);
    const first = (await accounts(stage)).find(({ name }) => name === 'Chat house account')!;
    const reordered = { provider: stage.nodes.oc.id, before: [first.id, second.id], after: [second.id, first.id] };
    await stage.router.api('POST', '/api/providers/reorder', reordered);
    await page.getByRole('button', { name: 'Move second up' }).click();
    await expect(page.getByText(/have changed in the meantime/)).toBeVisible();
    await expect(names(page)).toHaveText(['second', 'Chat house account']);
  });
});

const messages = [{ role: 'user' as const, content: 'Hello' }];

function client(stage: any) {
  return new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
}

function path(stage: any) {
  return `/dashboard/providers/${stage.nodes.oc.id}`;
}

function list(page: Page): Locator {
  return page.getByRole('region', { name: 'Accounts' }).getByRole('list').first();
}

function names(page: Page): Locator {
  return list(page).locator('strong');
}

function row(page: Page, name: string): Locator {
  return list(page).locator(':scope > li').filter({ has: page.getByText(name, { exact: true }) });
}

async function more(stage: any, wanted: string[]) {
  const added = [];
  for (const name of wanted) {
    added.push(await stage.router.addAccount({ provider: stage.nodes.oc.id, apiKey: `key-${name}`, name }));
  }
  return added;
}

async function accounts(stage: any): Promise<{ id: string; name: string; provider: string }[]> {
  const { connections } = await stage.router.api('GET', '/api/providers');
  return connections.filter(({ provider }: { provider: string }) => provider === stage.nodes.oc.id);
}

async function order(stage: any): Promise<string[]> {
  return (await accounts(stage)).map(({ name }) => name);
}

async function listed(stage: any): Promise<string[]> {
  const { data } = await client(stage).models.list();
  return data.map(({ id }) => id);
}
