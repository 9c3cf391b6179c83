// A person at the pages of the hub service: looks, uploads by drag and drop, is interrupted and goes on, previews,
// restores, shares, deletes and undoes; with a mouse, with a keyboard, on a phone, in the dark and without JavaScript.
//
//     node hub.mjs ADDRESS FILES SCREENSHOTS CHROMIUM
//
// ADDRESS is where a browser is let in; the workspace `higgs` there holds `signal.root`, `data/dot.png`, and `data/notes.txt` in
// two versions. FILES is a folder with `large.bin` and `note.txt` to upload. Every step says what it saw; the first that does
// not see what it should ends the program with an error.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const [served, files, screenshots, executablePath] = process.argv.slice(2);

// The line to the service goes through here, where it can be slowed down and cut: not every browser does it when it is asked.
const line = { isCut: false, bytesPerSecond: Infinity, sockets: new Set() };
const relay = createServer((near) => {
  if (line.isCut) { near.destroy(); return; }
  const far = connect(Number(new URL(served).port), '127.0.0.1');
  for (const [one, other] of [[near, far], [far, near]]) {
    line.sockets.add(one);
    one.on('error', () => {}).on('close', () => { line.sockets.delete(one); other.destroy(); });
  }
  far.pipe(near);
  near.on('end', () => far.end());
  near.on('data', (bytes) => {
    far.write(bytes);
    near.pause();
    setTimeout(() => near.resume(), (1000 * bytes.length) / line.bytesPerSecond);
  });
});
await new Promise((ready) => { relay.listen(0, '127.0.0.1', ready); });
const address = Object.assign(new URL(served), { port: relay.address().port }).href;

function cutLine(isCut) {
  line.isCut = isCut;
  if (isCut) for (const socket of line.sockets) socket.destroy();
}

const workspace = 'higgs';
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const wide = { viewport: { width: 1000, height: 680 } };
const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const troubles = [];

function say(text) {
  console.log(`browser: ${text}`);
}

function check(condition, what) {
  if (!condition) throw new Error(`not seen: ${what}`);
  say(what);
}

// A page whose errors are remembered: of scripts, of addresses that are not there, of what the policy forbids.
async function open(options) {
  const context = await browser.newContext({ ...options, timezoneId: 'Europe/Rome', locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error}`));
  page.on('console', (message) => {
    const isExpected = /status of (400|404|409|412|422|423)|ERR_(EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|CONNECTION_)/.test(message.text());
    if (message.type() === 'error' && !isExpected) troubles.push(`${page.url()}: ${message.text()}`);
  });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(address);
  return page;
}

const shoot = (page, name) => page.screenshot({ path: join(screenshots, `hub-${name}.png`) });
const home = () => new URL('.', address).href;
const place = (what) => new URL(`w/${encodeURIComponent(workspace)}/${what}`, home()).href;

// The rules of WCAG 2 that a program can check, contrast of colours among them.
async function checkAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
  const found = violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  if (found.length > 0) throw new Error(`${what} is not accessible:\n${found.join('\n')}`);
  say(`${what} is accessible`);
}

// Drags real files over the page and lets them fall, as the desktop does it.
async function drop(page, names, beforeDrop = async () => {}) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: names.map((name) => join(files, name)), dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver']) await session.send('Input.dispatchDragEvent', { type, x: 500, y: 400, data });
  await beforeDrop();
  await session.send('Input.dispatchDragEvent', { type: 'drop', x: 500, y: 400, data });
  await session.detach();
}

async function looking(page) {
  await page.locator('h1', { hasText: 'Workspaces' }).waitFor();
  check(await page.getByRole('link', { name: workspace, exact: true }).isVisible(), 'my workspaces');
  await checkAccessible(page, 'the list of workspaces');
  await shoot(page, 'workspaces');
  await page.getByRole('link', { name: workspace, exact: true }).click();
  await page.getByRole('link', { name: 'signal.root' }).waitFor();
  check(await page.locator('tbody tr').count() >= 2, 'files and folders');
  await page.getByRole('link', { name: 'Size' }).click();
  check(await page.locator('th[aria-sort=descending]').innerText() === 'Size ↓' || await page.locator('th.size[aria-sort=descending]').count() === 1, 'ordered by size');
  await page.getByRole('link', { name: /^data/ }).click();
  check(await page.getByRole('navigation', { name: 'Way to this place' }).innerText().then((text) => text.includes('data')), 'the way to the folder');
}

async function uploading(page) {
  await page.goto(place('browse/'));
  line.bytesPerSecond = 6_000_000;
  await drop(page, ['large.bin'], async () => {
    check(await page.locator('html.dragging').count() === 1, 'the page asks for the drop');
  });
  const row = page.locator('#uploads li', { hasText: 'large.bin' });
  await row.getByText(/MiB of .* left/).waitFor();
  check(Number(await row.locator('progress').getAttribute('value')) >= 0, 'progress of the upload');
  await page.waitForFunction(() => document.querySelector('#uploads progress')?.value > 5e6);
  await checkAccessible(page, 'a folder with an upload');
  await shoot(page, 'upload');
  cutLine(true);
  await row.getByText(/trying again in/).waitFor();
  cutLine(false);
  await row.getByText(/MiB of .* left/).waitFor();
  say('a broken connection is tried again');
  await row.getByRole('button', { name: 'Pause' }).click();
  await row.getByText('Paused').waitFor();
  const at = await row.locator('progress').evaluate((progress) => progress.value);
  await page.waitForTimeout(700);
  check(await row.locator('progress').evaluate((progress) => progress.value) === at, 'a paused upload stands still');
  await row.getByRole('button', { name: 'Resume' }).click();
  await page.waitForFunction(() => JSON.parse(Object.values(localStorage)[0] ?? '{}').offset > 0);
  await page.reload();
  await page.getByText(/Interrupted at .* to go on/).waitFor();
  say('after a reload the page remembers the upload');
  line.bytesPerSecond = Infinity;
  const first = page.waitForRequest((request) => request.method() === 'PATCH');
  await drop(page, ['large.bin']);
  check(Number((await first).headers()['upload-offset']) > 0, 'the upload goes on where it stopped');
  await page.getByText('Uploaded 1 file', { exact: true }).waitFor();
  await page.locator('#listing').getByRole('link', { name: 'large.bin' }).waitFor();
  say('the file stands in the list without a reload');
  check(await page.evaluate(() => localStorage.length) === 0, 'nothing is left in the browser');
  const bytes = await page.request.get(new URL(`files/${encodeURIComponent(workspace)}/large.bin`, home()).href);
  const sum = (content) => createHash('sha256').update(content).digest('hex');
  check(sum(await bytes.body()) === sum(readFileSync(join(files, 'large.bin'))), 'every byte came');

  await page.setInputFiles('#files', join(files, 'note.txt'));
  await page.locator('#listing').getByRole('link', { name: 'note.txt' }).waitFor();
  await page.setInputFiles('#files', join(files, 'note.txt'));
  await page.getByText('Replacing keeps it as an older version').waitFor();
  await page.getByRole('button', { name: 'Replace: note.txt' }).click();
  await page.getByText('Uploaded 3 files').waitFor();
  await page.getByRole('link', { name: 'note.txt' }).click();
  check(await page.getByRole('button', { name: 'Restore version 1' }).isVisible(), 'replacing made a second version');
}

async function previewing(page) {
  await page.setViewportSize({ width: 1000, height: 800 });
  await page.goto(place('file/signal.root'));
  await page.getByPlaceholder('Filter branches').fill('jet_');
  check(await page.getByRole('link', { name: 'event', exact: true }).isHidden(), 'branches are filtered');
  await page.getByRole('link', { name: 'Jet_pt', exact: true }).click();
  const picture = page.getByAltText('Histogram of Jet_pt');
  await picture.waitFor();
  check(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'a histogram on click');
  await page.locator('#preview').evaluate((heading) => heading.scrollIntoView());
  await checkAccessible(page, 'the preview of a ROOT file');
  await shoot(page, 'preview');
  await page.getByRole('link', { name: 'Jet_pt', exact: true }).click();
  check(await picture.count() === 0, 'another click closes it');
  await page.setViewportSize(wide.viewport);
}

async function restoring(page) {
  await page.goto(place('file/data/dot.png'));
  const picture = page.getByAltText('The picture dot.png');
  check(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth === 1)), 'a picture');
  await page.goto(place('file/data/notes.txt'));
  check((await page.locator('pre.preview').innerText()).includes('second'), 'the text of a file');
  await page.getByRole('button', { name: 'Restore version 1' }).click();
  await page.getByText('The old content is the newest version now.').waitFor();
  check((await page.locator('pre.preview').innerText()).includes('first'), 'an old version is back');
  await checkAccessible(page, 'the page of a text');
}

// Without a login, and as a download: a stored page must not run in our origin.
async function readByLink(link) {
  const stranger = await browser.newContext();
  const answer = await stranger.request.get(link);
  check(answer.ok() && (await answer.body()).subarray(0, 4).toString() === 'root', 'a stranger reads by the link');
  const { 'content-disposition': disposition, 'content-security-policy': policy } = answer.headers();
  check(disposition?.startsWith('attachment') && policy?.includes('sandbox'), 'and gets it as a download');
  await stranger.close();
}

async function sharing(page) {
  await page.goto(place('sharing'));
  await page.getByLabel('Name').fill('no/body');
  await page.getByLabel('Access').selectOption('writer');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('link', { name: 'Back' }).click();
  await page.getByRole('heading', { name: 'Links' }).waitFor();
  check(await page.getByLabel('Name').inputValue() === 'no/body' && await page.getByLabel('Access').inputValue() === 'writer',
    'after an error what was typed is still there');
  await page.getByLabel('Name').fill('carol');
  await page.getByLabel('Access').selectOption('reader');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText('The access is given').waitFor();
  check(await page.getByLabel('Name').inputValue() === '', 'and gone when it was done');
  check(await page.getByRole('rowheader', { name: /^carol/ }).isVisible(), 'access is given');
  await page.goto(place('file/signal.root'));
  await page.getByRole('link', { name: 'Make a link' }).click();
  check(await page.getByLabel('File').inputValue() === 'signal.root', 'a link to this file is offered');
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.locator('#new-link').innerText();
  check(/\/links\/.{20,}/.test(link), 'a link is made');
  await checkAccessible(page, 'sharing');
  await shoot(page, 'sharing');
  await readByLink(link);
  await page.getByRole('button', { name: 'Take back from carol' }).click();
  await page.getByText('The access is taken back.').waitFor();
  say('access is taken back');
}

async function useWithCurl(page, password, lines) {
  const user = /--user '([^']+)'/.exec(lines)[1];
  const login = ['--silent', '--fail-with-body', '--user', `${user}:${password}`];
  const curl = async (...args) => (await promisify(execFile)('curl', [...login, ...args])).stdout;
  for (const way of ['files', 'dav']) {
    const target = new URL(`${way}/${encodeURIComponent(workspace)}/by-curl.txt`, home()).href;
    await curl('-T', join(files, 'note.txt'), target);
    check(await curl(target) === readFileSync(join(files, 'note.txt'), 'utf8'), `curl writes and reads with it, by ${way}`);
  }
  await page.goto(place('browse/'));
  check(await page.getByRole('link', { name: 'by-curl.txt' }).isVisible(), 'and the page shows what it wrote');
}

async function appPasswords(page) {
  await page.goto(new URL('app-passwords', home()).href);
  await page.getByLabel('What it is for').fill('curl at the test');
  await page.getByRole('button', { name: 'Make a password' }).click();
  const password = await page.locator('#password').innerText();
  const lines = await page.locator('#curl').innerText();
  check(password.length > 20 && lines.includes(password), 'an app password with lines to copy');
  await checkAccessible(page, 'app passwords');
  await shoot(page, 'app-passwords');
  await useWithCurl(page, password, lines);
  await page.goto(new URL('app-passwords', home()).href);
  check(!(await page.content()).includes(password), 'the password is shown once only');
  await page.getByRole('button', { name: /Take back/ }).first().click();
  await page.getByText('no longer works').waitFor();
}

async function deleting(page) {
  await page.goto(place('browse/'));
  await page.locator('summary[aria-label="What to do with note.txt"]').click();
  await checkAccessible(page, 'an open menu');
  await page.getByRole('row', { name: 'note.txt' }).getByRole('button', { name: 'Delete' }).click();
  await page.getByText('note.txt is in the trash.').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('It is back.').waitFor();
  check(await page.getByRole('link', { name: 'note.txt' }).isVisible(), 'delete and undo');
  await page.locator('summary[aria-label="What to do with note.txt"]').click();
  await page.getByRole('row', { name: 'note.txt' }).getByRole('button', { name: 'Delete' }).click();
  await page.goto(place('trash'));
  await checkAccessible(page, 'the trash');
  await page.getByRole('button', { name: 'Bring back note.txt' }).click();
  await page.getByText('It is back.').waitFor();
  say('brought back from the trash');
  await page.locator('summary[aria-label="What to do with note.txt"]').click();
  await page.getByRole('row', { name: 'note.txt' }).getByRole('button', { name: 'Delete' }).click();
  await page.goto(place('trash'));
  await page.locator('summary[aria-label="What else to do with note.txt"]').click();
  await page.getByLabel('Bring it back as').fill('note.txt');
  await checkAccessible(page, 'bringing back under another name');
  await shoot(page, 'trash');
  await page.locator('details[open]').getByRole('button', { name: 'Bring back' }).click();
  await page.getByText('It is back.').waitFor();
  await page.locator('summary[aria-label="What to do with note.txt"]').click();
  await page.getByRole('link', { name: 'Rename, move or copy' }).click();
  await checkAccessible(page, 'rename');
  await page.getByLabel('New name, with its folders').fill('texts//renamed.txt');
  await page.getByRole('button', { name: 'Move' }).click();
  await page.getByRole('link', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Move' }).waitFor();
  check(await page.getByLabel('New name, with its folders').inputValue() === 'texts//renamed.txt',
    'also where a form is sent to its own address');
  await page.getByLabel('New name, with its folders').fill('texts/renamed.txt');
  await page.getByRole('button', { name: 'Move' }).click();
  await page.getByRole('heading', { name: 'renamed.txt' }).waitFor();
  say('renamed into a new folder');
  for (const tab of ['audit', 'quota']) {
    await page.goto(place(tab));
    await checkAccessible(page, `the page ${tab}`);
  }
  await page.goto(place('audit'));
  check((await page.locator('table.audit').innerText()).includes('restore'), 'the audit log tells of it');
}

// An upload that a client began and left, and the limits of all workspaces.
async function administering(page) {
  const asBase64 = (text) => Buffer.from(text).toString('base64');
  const begun = await page.evaluate(async ([prefix, metadata]) => {
    const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Length': '5000000', 'Upload-Metadata': metadata,
      'X-Mlaas4hep-Xsrf': document.body.dataset.xsrf };
    return (await fetch(`${prefix}uploads`, { method: 'POST', headers })).status;
  }, [home(), `workspace ${asBase64(workspace)},path ${asBase64('left/behind.root')}`]);
  check(begun === 201, 'an upload is begun');
  await page.goto(place('quota'));
  await checkAccessible(page, 'an unfinished upload');
  await shoot(page, 'space');
  await page.getByRole('button', { name: 'End the upload of left/behind.root' }).click();
  await page.getByText('The upload is ended').waitFor();
  check(await page.getByText('behind.root').count() === 0, 'an unfinished upload is ended');
  await page.goto(home());
  await page.getByRole('link', { name: 'All workspaces and their limits' }).click();
  await page.getByRole('heading', { name: 'All workspaces' }).waitFor();
  await checkAccessible(page, 'all workspaces');
  await page.getByLabel('Limit in GiB').first().fill('2.5');
  await page.getByRole('button', { name: `Set the limits of ${workspace}` }).click();
  await page.getByText('The limits are set.').waitFor();
  await shoot(page, 'all');
  check(await page.getByLabel('Limit in GiB').first().inputValue() === '2.5', 'a limit is set');
}

async function keyboard(page) {
  await page.goto(home());
  const press = async (key, times = 1) => { for (let n = 0; n < times; n += 1) await page.keyboard.press(key); };
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    return (element.getAttribute('aria-label') ?? (element.labels?.[0] ?? element).textContent).trim();
  });
  const tabTo = async (what) => {
    for (let n = 0; n < 60; n += 1) {
      await press('Tab');
      if (what.test(await focused())) return;
    }
    throw new Error(`the key Tab does not reach ${what}`);
  };
  await press('Tab');
  check(await focused() === 'Skip to the content', 'the first stop skips the head');
  await press('Enter');
  await tabTo(new RegExp(`^${workspace}$`));
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement, '::after').outlineStyle);
  check(outline === 'solid', 'one sees where one is');
  await press('Enter');
  await page.locator('table.files').waitFor();
  await tabTo(/^New folder$/);
  await press('Enter');
  await page.locator('#new-folder:focus').waitFor();
  await page.keyboard.type('by keyboard');
  await press('Enter');
  await page.getByText('The folder is there.').waitFor();
  check(new URL(page.url()).pathname.endsWith('/by%20keyboard'), 'a folder by keyboard alone');
  await tabTo(/^Upload files$/);
  check(await page.evaluate(() => document.activeElement.type) === 'file', 'the button of uploads is reached');
  await page.goto(place('browse/'));
  await tabTo(/^What to do with by keyboard$/);
  await press('Enter');
  await press('Escape');
  check(await focused() === 'What to do with by keyboard', 'Escape closes a menu and keeps the place');
  await press('Enter');
  await tabTo(/^Delete$/);
  await press('Enter');
  await page.getByText('by keyboard is in the trash.').waitFor();
  await tabTo(/^Undo$/);
  await press('Enter');
  await page.getByText('It is back.').waitFor();
  await page.goto(place('file/signal.root'));
  await tabTo(/^Jet_pt$/);
  await press('Enter');
  await page.getByAltText('Histogram of Jet_pt').waitFor();
  say('a histogram by keyboard alone');
}

async function small(page) {
  const pages = [home(), place('browse/'), place('file/signal.root?tree=Events&branch=Jet_pt'), place('sharing'), place('quota'),
    place('audit'), place('trash'), place('move/signal.root'), new URL('app-passwords', home()).href,
    new URL('admin', home()).href];
  for (const each of pages) {
    await page.goto(each);
    const [inner, outer] = await page.evaluate(() => [document.scrollingElement.scrollWidth, innerWidth]);
    if (inner > outer) throw new Error(`${each} is ${inner} pixels wide on a screen of ${outer}`);
  }
  say('no page is wider than a phone');
  await page.goto(place('browse/'));
  await checkAccessible(page, 'a folder on a phone');
  await shoot(page, 'phone');
  await page.locator('summary[aria-label="What to do with signal.root"]').tap();
  await page.getByRole('link', { name: 'Rename, move or copy' }).waitFor();
  const box = await page.locator('details[open] > ul').boundingBox();
  check(box.x >= 0 && box.x + box.width <= 390, 'a menu on a phone');
}

async function dark(page) {
  for (const [each, name] of [[home(), 'workspaces'], [place('browse/'), 'folder'], [place('sharing'), 'sharing'], [place('audit'), 'audit']]) {
    await page.goto(each);
    await checkAccessible(page, `${name} in the dark`);
  }
  await page.goto(place('file/signal.root'));
  await page.getByPlaceholder('Filter branches').fill('jet_');
  await page.getByRole('link', { name: 'Jet_pt', exact: true }).click();
  await page.getByAltText('Histogram of Jet_pt').waitFor();
  await page.locator('#preview').evaluate((heading) => heading.scrollIntoView());
  await checkAccessible(page, 'a preview in the dark');
  await shoot(page, 'dark');
}

async function withoutScript(page) {
  await page.goto(place('browse/'));
  await page.setInputFiles('#files', join(files, 'note.txt'));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('The upload is complete.').waitFor();
  check(await page.getByRole('link', { name: 'note.txt' }).isVisible(), 'an upload without JavaScript');
  await page.goto(place('file/signal.root'));
  await page.getByRole('link', { name: 'Jet_pt', exact: true }).click();
  check(await page.getByAltText('Histogram of Jet_pt').isVisible(), 'a histogram without JavaScript');
}

async function main() {
  const page = await open(wide);
  for (const step of [looking, uploading, previewing, restoring, sharing, appPasswords, deleting, administering, keyboard]) await step(page);
  await small(await open(phone));
  await dark(await open({ viewport: { width: 1000, height: 800 }, colorScheme: 'dark' }));
  await withoutScript(await open({ ...wide, javaScriptEnabled: false }));
  if (troubles.length > 0) throw new Error(`the browser complains:\n${troubles.join('\n')}`);
  say('no error of a script, no address that is not there, nothing that the policy forbids');
}

try {
  await main();
} catch (error) {
  for (const context of browser.contexts()) {
    for (const page of context.pages()) await page.screenshot({ path: join(screenshots, 'failed.png') }).catch(() => null);
  }
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
  cutLine(true);
  relay.close();
}
