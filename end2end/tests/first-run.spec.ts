// A fresh installation on the same machine: nobody has a password yet, and nothing has a default one.
import { expect, test } from '@playwright/test';
import { PASSWORD, startRouter } from '../support/router.mjs';
import { alive, expectAccessible, listen } from './support';

test('the first visitor from this machine becomes the administrator', async ({ page }) => {
  const router = await startRouter({ password: null });
  try {
    const complaints = listen(page);
    await page.goto(router.url);
    await page.waitForURL('**/setup');
    await alive(page);
    await expectAccessible(page);

    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Password, once more').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.waitForURL('**/dashboard**');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Endpoint & keys');
    await expect(page.getByText(`${router.url}/v1`, { exact: true }).first()).toBeVisible();

    await page.goto(`${router.url}/setup`);
    await page.waitForURL((url) => !url.pathname.startsWith('/setup'));
    expect(complaints).toEqual([]);
    await page.close();
  } finally {
    await router.stop();
  }
});

test('without an administrator every page leads to the first run', async ({ page }) => {
  const router = await startRouter({ password: null });
  try {
    await page.goto(`${router.url}/dashboard/usage`);
    await page.waitForURL('**/setup');
    await page.close();
  } finally {
    await router.stop();
  }
});
