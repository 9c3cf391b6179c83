// Three people at a real JupyterHub, each with a browser: alice logs in, comes to her workspaces and uploads a file, bob of the
// same group sees it, carol outside of it sees nothing; alice logs out, and nothing of hers opens any more.
//
//     node login.mjs ADDRESS PASSWORD FILES SCREENSHOTS CHROMIUM
//
// ADDRESS is the hub's; alice and bob are in the group `higgs`. FILES is a folder with `note.txt`. Every step says what it
// saw; the first that does not see what it should ends the program with an error.

import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [address, password, files, screenshots, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const place = (what) => new URL(`services/mlaas4hep/${what}`, address).href;
const shoot = (page, name) => page.screenshot({ path: join(screenshots, `login-${name}.png`) });
const troubles = [];

function check(condition, what) {
  if (!condition) throw new Error(`not seen: ${what}`);
  console.log(`browser: ${what}`);
}

// A browser of its own, that asks for a page of the service and is led through the login of the hub.
async function logIn(name, what) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 680 }, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  // What the hub's own pages complain about is not ours.
  const isOurs = () => page.url().startsWith(place(''));
  page.on('pageerror', (error) => isOurs() && troubles.push(`${page.url()}: ${error}`));
  page.on('console', (message) => {
    const isExpected = /status of 404/.test(message.text());
    if (message.type() === 'error' && isOurs() && !isExpected) troubles.push(`${page.url()}: ${message.text()}`);
  });
  await page.goto(place(what));
  await page.locator('input[name=username]').fill(name);
  await page.locator('input[name=password]').fill(password);
  await page.locator('#login_submit').click();
  await page.waitForURL(place(what));
  check(true, `${name} logs in at the hub and comes back to the page that was asked for`);
  return page;
}

async function main() {
  const alice = await logIn('alice', '');
  await alice.locator('h1', { hasText: 'Workspaces' }).waitFor();
  for (const name of ['~alice', 'higgs']) await alice.getByRole('link', { name, exact: true }).waitFor();
  check(true, 'her workspaces: her own and that of the group');
  await shoot(alice, 'workspaces');
  await alice.getByRole('link', { name: 'higgs', exact: true }).click();
  await alice.setInputFiles('#files', join(files, 'note.txt'));
  await alice.locator('#listing').getByRole('link', { name: 'note.txt' }).waitFor();
  check(true, 'alice uploads a file');
  await shoot(alice, 'upload');

  const bob = await logIn('bob', 'w/higgs/browse/');
  await bob.getByRole('link', { name: 'note.txt' }).click();
  const text = await bob.context().request.get(place('files/higgs/note.txt'));
  check(text.status() === 200 && await text.text() === 'a note\n', 'bob sees it and gets its bytes');
  await shoot(bob, 'bob');

  const carol = await logIn('carol', 'w/higgs/browse/');
  check(!(await carol.content()).includes('note.txt'), 'carol sees nothing of it');
  await shoot(carol, 'carol');
  for (const what of ['files/higgs/note.txt', 'w/higgs/file/note.txt', 'files/no-such-group/note.txt']) {
    const answer = await carol.context().request.get(place(what));
    check(answer.status() === 404, `carol is told 404 for ${what}`);
  }
  await carol.goto(place(''));
  await carol.getByRole('link', { name: '~carol', exact: true }).waitFor();
  check(await carol.getByRole('link', { name: 'higgs' }).count() === 0, 'her list has her own workspace only');

  await alice.goto(place(''));
  const before = await alice.context().cookies();
  await alice.getByRole('link', { name: 'Log out' }).click();
  await alice.waitForURL((url) => url.pathname.startsWith('/hub/'));
  await alice.goto(place('w/higgs/browse/'));
  await alice.locator('input[name=username]').waitFor();
  check(alice.url().includes('/hub/login'), 'after her logout she has to log in again');
  await shoot(alice, 'out');
  const thief = await browser.newContext();
  await thief.addCookies(before);
  const answer = await thief.request.get(place('files/higgs/note.txt'), { maxRedirects: 0 });
  check(answer.status() !== 200, `the cookies that she had open nothing (${answer.status()})`);
  if (troubles.length > 0) throw new Error(`the browser complains:\n${troubles.join('\n')}`);
}

try {
  await main();
} catch (error) {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) await shoot(page, 'failed').catch(() => null);
  }
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
