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
