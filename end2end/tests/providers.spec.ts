// Providers of one's own, and the accounts with them.
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

test('a provider is added, gets an account, is tested, and answers', async ({ page, stage }) => {
  await visit(page, '/dashboard/providers');
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Add OpenAI-compatible' }).click();
  const node = page.getByRole('dialog', { name: 'Add an OpenAI-compatible provider' });
  await node.getByLabel('Name').fill('Cellar');
  await node.getByLabel('Prefix').fill('cellar');
  await node.getByLabel('Chat completions').check();
  await node.getByLabel('Base URL').fill(stage.upstream.url);
  await node.getByLabel('It is on this machine or in my own network').check();
  await node.getByLabel('API key').fill('cellar-key');
  await node.getByRole('button', { name: 'Check', exact: true }).click();
  await expect(node.getByText(/It works/)).toBeVisible();
  await expectAccessible(page);
  // A key that stays in the form becomes the first account; this one is added by hand below.
  await node.getByLabel('API key').fill('');
  await node.getByRole('button', { name: 'Save' }).click();

  await expect(page).toHaveURL(/\/dashboard\/providers\/[^/]+$/);
  const accounts = page.getByRole('region', { name: 'Accounts' });
  await expect(accounts.getByText('No account yet')).toBeVisible();
  await accounts.getByRole('button', { name: 'Add an account' }).click();
  const account = page.getByRole('dialog', { name: 'Add an account with Cellar' });
  await account.getByLabel('Name').fill('first');
  await account.getByLabel('API key').fill('cellar-key');
  await account.getByRole('button', { name: 'Check the key' }).click();
  await expect(account.getByText(/It works/)).toBeVisible();
  await account.getByRole('button', { name: 'Add the account' }).click();

  const row = accounts.getByRole('listitem').filter({ hasText: 'first' });
  // It was tested when it was added.
  await expect(row.getByText('Working')).toBeVisible();
  await row.getByRole('button', { name: 'Test first' }).click();
  await expect(row.getByText(/It works/)).toBeVisible();
  await expectAccessible(page);
  expect(await page.content()).not.toContain('cellar-key');

  await client(stage).chat.completions.create({ model: 'cellar/echo', messages });
  expect(stage.upstream.last().headers.authorization).toBe('Bearer cellar-key');

  await row.getByRole('switch', { name: 'first is in use' }).click();
  await expect(row.getByText('Paused')).toBeVisible();
});

test('a key given with a new provider becomes its first account', async ({ page, stage }) => {
  await visit(page, '/dashboard/providers');
  await page.getByRole('button', { name: 'Add OpenAI-compatible' }).click();
  const node = page.getByRole('dialog', { name: 'Add an OpenAI-compatible provider' });
  await node.getByLabel('Name').fill('Attic');
  await node.getByLabel('Prefix').fill('attic');
  await node.getByLabel('Base URL').fill(stage.upstream.url);
  await node.getByLabel('It is on this machine or in my own network').check();
  await node.getByLabel('API key').fill('attic-key');
  await node.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('region', { name: 'Accounts' }).getByText('Working')).toBeVisible();

  await client(stage).chat.completions.create({ model: 'attic/echo', messages });
  expect(stage.upstream.last().headers.authorization).toBe('Bearer attic-key');
});

test('an account that fails says so, in the words of its provider', async ({ page, stage }) => {
  await client(stage).chat.completions.create({ model: 'oc/error-401', messages }).catch(() => {});
  // What happened to an account is written behind the answer.
  await expect.poll(() => states(stage)).toContain('error');
  await visit(page, '/dashboard/providers');
  const card = page.getByRole('article', { name: 'Chat house' });
  await expect(card.getByText(/needs a new key/)).toBeVisible();
  await expectAccessible(page);
  await card.getByRole('link', { name: 'Chat house' }).click();
  const accounts = page.getByRole('region', { name: 'Accounts' });
  await expect(accounts.getByText('Needs a new key').first()).toBeVisible();
  await expect(accounts.getByText("the upstream's own words about 401").first()).toBeVisible();
  await expectAccessible(page);
});

test('a provider is deleted with its accounts', async ({ page }) => {
  await visit(page, '/dashboard/providers');
  const card = page.getByRole('article', { name: 'Messages house' });
  await card.getByRole('link', { name: 'Messages house' }).click();
  await page.getByRole('button', { name: 'Delete Messages house', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).click();
  await expect(page.getByRole('article', { name: 'Chat house' })).toBeVisible();
  await expect(card).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('article', { name: 'Chat house' })).toBeVisible();
  await expect(card).toHaveCount(0);
});

test.describe('refusals', () => {
  test.use({ tolerated: /the server responded with a status of 4\d\d/ });

  test('what the server refuses is said where it was asked', async ({ page, stage }) => {
    await visit(page, '/dashboard/providers');
    await page.getByRole('button', { name: 'Add Anthropic-compatible' }).click();
    const node = page.getByRole('dialog', { name: 'Add an Anthropic-compatible provider' });
    await node.getByLabel('Name').fill('Twice');
    await node.getByLabel('Prefix').fill('an');
    await node.getByLabel('Base URL').fill(stage.upstream.url);
    await node.getByRole('button', { name: 'Save' }).click();
    await expect(node.getByText(/allow it, if that is where you mean to go/)).toBeVisible();
    await node.getByLabel('It is on this machine or in my own network').check();
    await node.getByRole('button', { name: 'Save' }).click();
    await expect(node.getByText(/this prefix already/)).toBeVisible();
    await expect(node.getByLabel('Name')).toHaveValue('Twice');
    await expectAccessible(page);
  });
});

const messages = [{ role: 'user' as const, content: 'Hello' }];

function client(stage: { router: { url: string }; key: string }) {
  return new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
}

async function states(stage: { router: { api: (method: string, path: string) => Promise<any> } }): Promise<string[]> {
  const { connections } = await stage.router.api('GET', '/api/providers');
  return connections.map((connection: { testStatus: string }) => connection.testStatus);
}

test('a provider is found by its name, and a word that finds none says so', async ({ page }) => {
  await visit(page, '/dashboard/providers');
  const search = page.getByRole('searchbox', { name: 'Find a provider' });
  await search.fill('openrou');
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(page.getByRole('article')).toContainText('OpenRouter');
  await expect(page.getByRole('heading', { name: 'Subscription' })).toHaveCount(0);
  await expect(page).toHaveURL(/q=openrou$/);
  await search.fill('nobody at all');
  await expect(page.getByText('No provider is called so')).toBeVisible();
  await expectAccessible(page);
  await search.fill('');
  await expect(page.getByRole('article')).not.toHaveCount(0);
});
