// A person at JupyterLab: types, presses Tab, runs, sees the picture, interrupts, restarts.
//
//     node lab.mjs ADDRESS NOTEBOOK SCREENSHOT CHROMIUM
//
// ADDRESS is that of a running JupyterLab, token included; NOTEBOOK lies in its folder and is empty but for the name of
// its kernel. Every step says what it saw; the first that does not see what it should ends the program with an error.

import { chromium } from 'playwright-core';

const [address, notebook, screenshot, executablePath] = process.argv.slice(2);
const patience = 60_000;

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
page.setDefaultTimeout(patience);

function say(text) {
  console.log(`browser: ${text}`);
}

function check(condition, what) {
  if (!condition) throw new Error(`not seen: ${what}`);
  say(what);
}

/// The cell with the cursor, its editor and its output.
const cells = () => page.locator('.jp-Notebook .jp-CodeCell');
const last = () => cells().last();

async function type(code) {
  await last().locator('.cm-content').click();
  await page.keyboard.type(code);
}

/// Runs the last cell; JupyterLab opens a new one below it. Waits until it has its number.
async function run() {
  const cell = cells().nth((await cells().count()) - 1);
  await page.keyboard.press('Shift+Enter');
  await cell.locator('.jp-InputPrompt').filter({ hasText: /\[\d+\]/ }).waitFor();
  return cell;
}

/// The indicator is idle before the kernel is connected; a cell that runs then is lost.
async function kernelIsIdle() {
  await page.waitForFunction(() => {
    const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
  });
}

async function main() {
  const url = new URL(address);
  await page.goto(`${url.origin}/lab/tree/${notebook}${url.search}&reset`);
  await page.locator('.jp-NotebookPanel').waitFor();
  await kernelIsIdle();
  say('the kernel is idle');

  await type('%open signal.root');
  let cell = await run();
  await cell.locator('.jp-OutputArea-output table').waitFor();
  check((await cell.locator('.jp-OutputArea-output').innerText()).includes('Jet_pt'), 'the branches of the file as a table');

  await type('%hist Jet_');
  await page.keyboard.press('Tab');
  const completer = page.locator('.jp-Completer:not(.lm-mod-hidden)');
  await completer.waitFor();
  check((await completer.innerText()).includes('Jet_pt'), 'Tab completes the names of branches');
  await page.keyboard.press('Escape');
  await page.keyboard.type('pt');
  await page.keyboard.press('Shift+Tab');
  const tooltip = page.locator('.jp-Tooltip');
  await tooltip.waitFor();
  check((await tooltip.innerText()).includes('jagged'), 'Shift-Tab explains a branch');
  await page.keyboard.press('Escape');
  cell = await run();
  const picture = cell.locator('.jp-OutputArea-output img, .jp-OutputArea-output svg').first();
  await picture.waitFor();
  const box = await picture.boundingBox();
  check(box.width > 300 && box.height > 200, `the histogram, ${Math.round(box.width)} x ${Math.round(box.height)} pixels`);

  await type('%hist Jet_pt --interactive');
  cell = await run();
  await cell.locator('.jp-OutputArea-output .vega-embed, .jp-OutputArea-output canvas').first().waitFor();
  say('the interactive picture');

  await type('%hist no_such_branch');
  cell = await run();
  check((await cell.locator('.jp-OutputArea-output').innerText()).includes('no_such_branch'), 'a wrong name is an error in the notebook');

  await page.screenshot({ path: screenshot, fullPage: false });

  await type('!sleep 600');
  await page.keyboard.press('Shift+Enter');
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status="busy"]').waitFor();
  const sleeping = cells().nth((await cells().count()) - 2);
  await page.keyboard.press('Escape');
  const before = Date.now();
  await page.keyboard.press('i');
  await page.keyboard.press('i');
  await sleeping.locator('.jp-OutputArea-output').filter({ hasText: 'Interrupted' }).waitFor();
  check(Date.now() - before < 10_000, 'the interrupt ends a cell');
  await kernelIsIdle();

  await type('%who');
  cell = await run();
  check((await cell.locator('.jp-OutputArea-output').innerText()).includes('signal'), 'the data is still there after the interrupt');

  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  await page.keyboard.press('0');
  await page.locator('.jp-Dialog button.jp-mod-accept').click();
  await page.waitForFunction(() => {
    const status = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status;
    return status !== 'idle';
  });
  await kernelIsIdle();
  await type('%who');
  cell = await run();
  check((await cell.locator('.jp-OutputArea-output').innerText()).includes('nothing yet'), 'a restart gives an empty session');
}

try {
  await main();
  say('all seen');
} catch (error) {
  await page.screenshot({ path: screenshot.replace(/\.png$/, '-failed.png') }).catch(() => {});
  console.error(String(error));
  process.exitCode = 1;
} finally {
  await browser.close();
}
