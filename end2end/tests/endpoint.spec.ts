// Where clients point, and the keys they show.
import OpenAI from 'openai';
import { expect, expectAccessible, test, visit } from './support';

test('a key is shown once, and can be renamed, paused and deleted', async ({ page, stage }) => {
  await visit(page, '/dashboard/endpoint');
  await expect(page.getByText(`${stage.router.url}/v1`, { exact: true }).first()).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a key' });
  await dialog.getByLabel('Name').fill('laptop');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  const key = (await dialog.getByText(/^sk-\S{16,}$/).textContent())!.trim();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Done' }).click();

  const row = page.getByRole('row', { name: /laptop/ });
  await expect(row).toBeVisible();
  await page.reload();
  await expect(row).toBeVisible();
  expect(await page.content()).not.toContain(key);
  expect(await answers(stage, key)).toBe(true);

  await visit(page, '/dashboard/endpoint');
  await row.getByRole('button', { name: 'Rename laptop' }).click();
  const rename = page.getByRole('dialog', { name: 'Rename the key' });
  await rename.getByLabel('Name').fill('travel laptop');
  await rename.getByRole('button', { name: 'Rename' }).click();
  const renamed = page.getByRole('row', { name: /travel laptop/ });
  await expect(renamed).toBeVisible();

  const active = renamed.getByRole('switch', { name: 'travel laptop is active' });
  await active.click();
  await expect(active).not.toBeChecked();
  await expect(renamed.getByText('Paused')).toBeVisible();
  expect(await answers(stage, key)).toBe(false);
  await active.click();
  await expect(active).toBeChecked();
  expect(await answers(stage, key)).toBe(true);

  await renamed.getByRole('button', { name: 'Delete travel laptop' }).click();
  const confirm = page.getByRole('dialog', { name: 'Delete the key?' });
  await expectAccessible(page);
  await confirm.getByRole('button', { name: 'Delete the key' }).click();
  await expect(renamed).toHaveCount(0);
  expect(await answers(stage, key)).toBe(false);
});

test('what a key may use up is set, shown, used up and taken away', async ({ page, stage }) => {
  await visit(page, '/dashboard/endpoint');
  const budgets = page.getByRole('region', { name: 'Budgets of keys' });
  await budgets.getByRole('button', { name: 'Set a budget' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a budget' });
  await dialog.getByLabel('Budget of').selectOption({ label: 'Key tests' });
  await dialog.getByLabel('What is counted').selectOption('Tokens');
  await dialog.getByLabel('How much').fill('1');
  await dialog.getByLabel('In how long').selectOption('Per month');
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(budgets.getByText('0 of 1 token per month')).toBeVisible();
  await expect(budgets.getByText(/^Begins anew/)).toBeVisible();
  await expectAccessible(page);

  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey: stage.key, maxRetries: 0 });
  const ask = () => client.chat.completions.create({ model: 'oc/echo', messages: [{ role: 'user', content: 'Hello' }] });
  await ask();
  const refused = await ask().catch((error) => error);
  expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
  expect(refused.code).toBe('insufficient_quota');
  expect(refused.message).toContain('the budget of this key of 1 token per month is used up: it begins anew at');
  await visit(page, '/dashboard/endpoint');
  await expect(budgets.getByText('Used up', { exact: true })).toBeVisible();
  await expectAccessible(page);

  await visit(page, '/dashboard/logs?outcome=over_budget');
  await expect(page.getByRole('row').getByText('Over budget')).toBeVisible();
  await visit(page, '/dashboard/usage/report');
  const report = page.getByRole('region', { name: 'API key, a table' }).getByRole('row', { name: /^tests/ });
  await expect(report).toContainText('1 token per month');
  await expect(report).toContainText('Exceeded');
  await expectAccessible(page);

  await visit(page, '/dashboard/endpoint');
  await budgets.getByRole('button', { name: 'Change the budget of Key tests' }).click();
  const change = page.getByRole('dialog', { name: 'Change the budget of Key tests' });
  await change.getByLabel('How much').fill('100000');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(budgets.getByText(/of 100,000 tokens per month/)).toBeVisible();
  await ask();
  await budgets.getByRole('button', { name: 'Take away the budget of Key tests' }).click();
  await page.getByRole('button', { name: 'Take it away' }).click();
  await expect(budgets.getByText(/tokens per month/)).toHaveCount(0);
});

test('what all keys of a user may use up together stands there as well', async ({ page }) => {
  await visit(page, '/dashboard/settings');
  const budgets = page.getByRole('region', { name: 'Budgets' });
  await budgets.getByRole('button', { name: 'Set a budget' }).click();
  const dialog = page.getByRole('dialog', { name: 'Set a budget' });
  await dialog.getByLabel('Budget of').selectOption({ label: 'User admin' });
  await dialog.getByLabel('How much').fill('5');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await expect(budgets.getByText('User admin', { exact: true })).toBeVisible();
  await visit(page, '/dashboard/endpoint');
  const ofKeys = page.getByRole('region', { name: 'Budgets of keys' });
  await expect(ofKeys.getByText('User admin', { exact: true })).toBeVisible();
  await expect(ofKeys.getByText('$0.00 of $5 per day')).toBeVisible();
  await expect(ofKeys.getByText(/^Begins anew/)).toBeVisible();
  await expectAccessible(page);
});

test('a dialog is left with Escape, and focus returns to where it was', async ({ page }) => {
  await visit(page, '/dashboard/endpoint');
  const button = page.getByRole('button', { name: 'Create a key' });
  await button.click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(button).toBeFocused();
});

test('the menu leads everywhere on a narrow screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/dashboard');
  for (const section of ['Providers', 'Usage', 'Translator', 'Endpoint & keys']) {
    await page.getByLabel('Menu', { exact: true }).click();
    await page.getByRole('link', { name: section }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(section);
  }
});

/** Does the router answer a client that shows this key? */
async function answers(stage: { router: { url: string } }, apiKey: string): Promise<boolean> {
  const client = new OpenAI({ baseURL: `${stage.router.url}/v1`, apiKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  try {
    await client.chat.completions.create({ model: 'oc/echo', messages });
    return true;
  } catch (error) {
    if (error instanceof OpenAI.AuthenticationError) return false;
    throw error;
  }
}
