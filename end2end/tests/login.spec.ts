// Signing in and out.
import { PASSWORD } from '../support/router.mjs';
import { alive, expect, expectAccessible, test, visit } from './support';

test.use({ isSignedIn: false, tolerated: /the server responded with a status of 401/ });

test('a wrong password is refused, the right one opens the page that was asked for, and signing out closes it', async ({ page }) => {
  await page.goto('/dashboard/usage');
  await page.waitForURL('**/login**');
  await alive(page);
  await expectAccessible(page);

  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(/password/i).filter({ hasText: /wrong|invalid|incorrect|does not/i })).toBeVisible();
  await expectAccessible(page);

  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/dashboard/usage');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Usage');

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/login**');
  await page.goto('/dashboard');
  await page.waitForURL('**/login**');
});

test('a page from elsewhere is no place to go after signing in', async ({ page, stage }) => {
  await visit(page, '/login?next=https://elsewhere.invalid/');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${stage.router.url}/dashboard**`);
});

test('one can sign in without any script', async ({ browser, stage }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: stage.router.url });
  const page = await context.newPage();
  await page.goto('/login');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/dashboard**');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Endpoint & keys');
  await context.close();
});
