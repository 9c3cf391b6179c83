// What the pages do beyond forms: local times, menus, copying, histograms in place, and uploads that go on where they
// stopped (TUS 1.0). Everything else works without this file.

const { prefix, xsrf, visitor } = document.body.dataset;
const root = document.documentElement;
root.classList.add('script');

// Small things.

function makeElement(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function showLocalTimes(within) {
  for (const time of within.querySelectorAll('time')) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.getTime())) time.textContent = timeFormat.format(instant);
  }
}

function bytesText(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let at = 0;
  for (; n >= 1023.5 && at < units.length - 1; at += 1) n /= 1024;
  const digits = n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
  return `${at === 0 ? n : n.toFixed(digits)} ${units[at]}`;
}

function durationText(seconds) {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

showLocalTimes(document);

// Menus close when something else is chosen, and with Escape.

document.addEventListener('click', (event) => {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const copy = event.target.closest('[data-copy]');
  if (copy) copyText(copy);
  const link = event.target.closest('[data-histogram]');
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    toggleHistogram(link);
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

document.addEventListener('toggle', (event) => {
  if (event.target.matches?.('details.panel[open]')) event.target.querySelector('input:not([type=hidden])')?.focus();
}, true);

document.addEventListener('submit', (event) => {
  const question = event.target.dataset.sure;
  if (question && !confirm(question)) event.preventDefault();
  else keepTyped(event.target);
});

// What was typed into a form whose answer is an error stands there again on the way back. Passwords are not kept.

const typedKey = `mlaas4hep-typed ${prefix}`;
const isTyped = (field) => (field instanceof HTMLInputElement && !['hidden', 'password', 'file'].includes(field.type))
  || field instanceof HTMLSelectElement;

function keepTyped(form) {
  const fields = [...form.elements].filter((field) => field.name && isTyped(field))
    .map((field) => [field.id, field.type === 'checkbox' ? field.checked : field.value]);
  try { sessionStorage.setItem(typedKey, JSON.stringify({ page: location.pathname, fields })); } catch { /* no room */ }
}

function putTypedBack() {
  let typed = null;
  try { typed = JSON.parse(sessionStorage.getItem(typedKey)); } catch { /* not ours */ }
  if (!new URLSearchParams(location.search).has('again') || typed?.page !== location.pathname || !Array.isArray(typed.fields)) return;
  for (const entry of typed.fields) {
    const [id, value] = Array.isArray(entry) ? entry : [];
    const field = document.getElementById(String(id));
    if (!isTyped(field)) continue;
    if (field.type === 'checkbox') field.checked = value === true;
    else field.value = String(value);
    const panel = field.closest('details');
    if (panel) panel.open = true;
  }
  history.replaceState(null, '', location.pathname);
}

putTypedBack();
if (!document.querySelector('.problem')) sessionStorage.removeItem(typedKey);

async function copyText(button) {
  const code = document.getElementById(button.dataset.copy);
  const word = button.querySelector('span');
  try {
    await navigator.clipboard.writeText(code.textContent);
    word.textContent = 'Copied';
  } catch {
    // Without the right to the clipboard (plain http), the text is selected for the reader to copy.
    getSelection().selectAllChildren(code);
    word.textContent = 'Press Ctrl+C';
  }
  setTimeout(() => { word.textContent = 'Copy'; }, 2500);
}

document.addEventListener('input', (event) => {
  const table = document.getElementById(event.target.dataset.filters ?? '');
  if (!table) return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const row of table.tBodies[0].rows) {
    // A histogram goes with the row above it.
    row.hidden = row.classList.contains('histogram')
      ? row.previousElementSibling.hidden : !row.textContent.toLowerCase().includes(wanted);
  }
});

const sessionEnded = 'your session has ended: log in again (this page, loaded anew, leads there)';

// The histogram of a branch opens below its row.

function toggleHistogram(link) {
  const row = link.closest('tr');
  if (row.nextElementSibling?.classList.contains('histogram')) {
    row.nextElementSibling.remove();
    link.setAttribute('aria-expanded', 'false');
    return;
  }
  const image = makeElement('img', { alt: link.dataset.alt, width: 640, height: 520 });
  const cell = makeElement('td', { colspan: 4 }, makeElement('p', { class: 'faint', role: 'status' }, 'Reading the branch …'));
  image.addEventListener('load', () => cell.replaceChildren(image));
  image.addEventListener('error', async () => {
    const answer = await fetch(link.dataset.histogram, { headers: { accept: 'application/json', 'x-mlaas4hep-xsrf': xsrf } }).catch(() => null);
    const error = await answer?.json().catch(() => null);
    cell.replaceChildren(makeElement('p', { role: 'alert' }, answer?.status === 401 ? sessionEnded : error?.message ?? 'This branch cannot be drawn.'));
  });
  image.src = link.dataset.histogram;
  row.after(makeElement('tr', { class: 'histogram' }, cell));
  link.setAttribute('aria-expanded', 'true');
}

// Uploads.

const CHUNK_BYTES = 16 * 1024 * 1024;
const MOST_AT_ONCE = 2;
const LONGEST_PAUSE_SECONDS = 30;
const folder = document.querySelector('[data-drop]');

// An answer that says no, with the words of the service.
class Refused extends Error {
  constructor(status, answer) {
    super(status === 401 ? sessionEnded : answer?.message ?? `the service answered ${status}`);
    this.status = status;
    this.nextStep = status === 401 ? null : answer?.next_step;
  }
}

// Other pages of this host can write into the storage of the browser: what comes from there is checked.
function isUploadId(id) {
  return typeof id === 'string' && /^[\w-]+$/.test(id);
}

function uploadAddress(id) {
  return `${prefix}uploads/${id}`;
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function ask(method, address, headers = {}) {
  const answer = await fetch(address, {
    method, headers: { 'tus-resumable': '1.0.0', 'x-mlaas4hep-xsrf': xsrf, accept: 'application/json', ...headers },
  });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => null));
  return answer;
}

// Sends a piece of a file and tells how far it is; resolves to the offset that the service has.
function sendPiece(upload, start) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PATCH', upload.address);
    const headers = {
      'tus-resumable': '1.0.0', 'upload-offset': start, 'content-type': 'application/offset+octet-stream', 'x-mlaas4hep-xsrf': xsrf,
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => upload.isAt(start + event.loaded));
    request.addEventListener('load', () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(Number(request.getResponseHeader('upload-offset')));
        return;
      }
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* no words */ }
      reject(new Refused(request.status, answer));
    });
    request.addEventListener('error', () => reject(new Error('the connection broke')));
    request.addEventListener('abort', () => reject(new Error('stopped')));
    upload.request = request;
    request.send(upload.file.slice(start, start + CHUNK_BYTES));
  });
}

// One file on its way. What is needed to go on after a reload is kept in the browser, never the file itself.
class Upload {
  constructor(path, file) {
    Object.assign(this, { path, file, state: 'waiting', offset: 0, replaces: false, tries: 0 });
    this.key = `mlaas4hep-upload ${prefix} ${visitor} ${folder.dataset.workspace} ${path}`;
    this.progress = makeElement('progress', { max: Math.max(1, file.size), value: 0, 'aria-label': `Upload of ${path}` });
    this.words = makeElement('span', { class: 'state' });
    this.buttons = makeElement('span', { class: 'row' });
    this.row = makeElement('li', {}, makeElement('bdi', {}, path), this.buttons, this.progress, this.words);
    this.say('waiting');
  }

  get kept() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      const isSame = kept?.size === this.file.size && kept?.modified === this.file.lastModified;
      return isSame && isUploadId(kept.id) ? kept : null;
    } catch { return null; }
  }

  keep(offset) {
    const record = { id: this.id, size: this.file.size, modified: this.file.lastModified, offset };
    try { localStorage.setItem(this.key, JSON.stringify(record)); } catch { /* full or forbidden: no resuming after a reload */ }
  }

  get address() {
    return uploadAddress(this.id);
  }

  forget() {
    localStorage.removeItem(this.key);
  }

  say(state, words = '') {
    const buttons = {
      waiting: { Cancel: () => this.cancel() },
      running: { Pause: () => this.pause(), Cancel: () => this.cancel() },
      paused: { Resume: () => this.resume(), Cancel: () => this.cancel() },
      failed: { 'Try again': () => this.resume(), Cancel: () => this.cancel() },
      exists: { Replace: () => { this.replaces = true; this.resume(); }, Skip: () => this.cancel() },
      done: {},
    };
    const hasChanged = this.state !== state || !this.buttons.hasChildNodes();
    this.state = state;
    this.words.textContent = words || { waiting: 'Waiting', running: 'Starting', paused: 'Paused', done: `Done, ${bytesText(this.file.size)}` }[state];
    this.words.classList.toggle('bad-state', state === 'failed');
    this.progress.hidden = state === 'done';
    if (!hasChanged) return;
    const hadFocus = this.buttons.contains(document.activeElement);
    this.buttons.replaceChildren(...Object.entries(buttons[state]).map(([word, act]) =>
      makeElement('button', { type: 'button', 'aria-label': `${word}: ${this.path}`, onclick: act }, word)));
    if (hadFocus) this.buttons.querySelector('button')?.focus();
  }

  isAt(offset) {
    if (this.state !== 'running') return;
    const now = performance.now();
    this.begun ??= { offset, now };
    this.offset = offset;
    this.progress.value = offset;
    const perSecond = (offset - this.begun.offset) / Math.max(0.5, (now - this.begun.now) / 1000);
    const left = perSecond > 0 ? `, ${bytesText(Math.round(perSecond))}/s, ${durationText((this.file.size - offset) / perSecond)} left` : '';
    this.say('running', `${bytesText(offset)} of ${bytesText(this.file.size)}${left}`);
    uploads.tell();
  }

  pause() {
    this.say('paused');
    this.request?.abort();
  }

  resume() {
    this.tries = 0;
    this.begun = undefined;
    this.say('waiting');
    uploads.goOn();
  }

  async cancel() {
    this.state = 'cancelled';
    this.request?.abort();
    this.row.remove();
    this.forget();
    uploads.drop(this);
    if (this.id) await ask('DELETE', this.address).catch(() => null);
  }

  // Where to go on, in what the service has of it or in a new upload; and whether that is all.
  async begin() {
    this.id ??= this.kept?.id;
    if (this.id) {
      try {
        const answer = await ask('HEAD', this.address);
        return [Number(answer.headers.get('upload-offset')), false];
      } catch (error) {
        if (!(error instanceof Refused) || error.status < 400 || error.status >= 500) throw error;
        // It is finished, expired, or of another login.
        this.id = undefined;
        this.forget();
        if (this.offset === this.file.size && await this.isThere()) return [this.file.size, true];
      }
    }
    const metadata = { workspace: folder.dataset.workspace, path: this.path, madeby: 'browser' };
    if (!this.replaces) metadata.ifnonematch = '*';
    const answer = await ask('POST', `${prefix}uploads`, {
      'upload-length': this.file.size,
      'upload-metadata': Object.entries(metadata).map(([key, value]) => `${key} ${base64(value)}`).join(','),
    });
    // Behind a proxy the service may not know its own host: only the last part of the address counts.
    this.id = new URL(answer.headers.get('location'), answer.url).pathname.split('/').pop();
    this.keep(0);
    return [0, this.file.size === 0];
  }

  // Whether the file came although the answer to its last piece was lost.
  async isThere() {
    const address = `${prefix}files/${[folder.dataset.workspace, ...this.path.split('/')].map(encodeURIComponent)
      .join('/')}`;
    const answer = await fetch(address, { method: 'HEAD', headers: { 'x-mlaas4hep-xsrf': xsrf } });
    return answer.ok && Number(answer.headers.get('content-length')) === this.file.size;
  }

  async run() {
    this.say('running');
    try {
      let [offset, isAll] = await this.begin();
      if (offset > 0) this.isAt(offset);
      // The last piece may be empty: all bytes are there, and the service is asked once more to publish them.
      while (!isAll && this.state === 'running') {
        offset = await sendPiece(this, offset);
        this.offset = offset;
        this.tries = 0;
        isAll = offset >= this.file.size;
        this.keep(offset);
      }
      if (this.state !== 'running') return;
      this.forget();
      this.say('done');
    } catch (error) {
      if (this.state === 'running') await this.failed(error);
    }
  }

  async failed(error) {
    const isRefused = error instanceof Refused;
    if (isRefused && error.status === 412 && !this.replaces) {
      this.say('exists', 'A file of this name is there. Replacing keeps it as an older version.');
      return;
    }
    const isPassing = !isRefused || error.status >= 500 && error.status !== 507 || [409, 423, 429].includes(error.status);
    if (!isPassing || this.tries >= 8) {
      this.say('failed', [error.message, error.nextStep].filter(Boolean).join(': '));
      return;
    }
    this.tries += 1;
    const seconds = Math.min(LONGEST_PAUSE_SECONDS, 2 ** (this.tries - 1));
    this.say('running', `${error.message}; trying again in ${seconds} s`);
    this.begun = undefined;
    await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
    if (this.state === 'running') await this.run();
  }
}

// All uploads of this page.
const uploads = {
  all: [],
  told: '',

  add(path, file) {
    if (this.all.some((upload) => upload.path === path && upload.state !== 'done')) return;
    const upload = new Upload(path, file);
    this.all.push(upload);
    const section = document.getElementById('uploads');
    section.hidden = false;
    section.querySelector('ul').append(upload.row);
    for (const row of section.querySelectorAll('[data-kept]')) if (row.dataset.kept === upload.key) row.remove();
    this.goOn();
  },

  drop(upload) {
    this.all = this.all.filter((other) => other !== upload);
    this.goOn();
  },

  goOn() {
    const running = this.all.filter((upload) => upload.state === 'running').length;
    const next = this.all.filter((upload) => upload.state === 'waiting').slice(0, MOST_AT_ONCE - running);
    for (const upload of next) upload.run().then(() => this.ended(upload));
    this.tell();
  },

  ended(upload) {
    if (upload.state === 'done') refreshListing();
    this.goOn();
  },

  // For eyes always, for ears at every tenth of the way.
  tell() {
    const count = (state) => this.all.filter((upload) => upload.state === state).length;
    const [size, sent] = this.all.reduce(([size, sent], upload) =>
      [size + upload.file.size, sent + (upload.state === 'done' ? upload.file.size : upload.offset)], [0, 0]);
    const going = count('running') + count('waiting');
    const files = (n) => `${n} ${n === 1 ? 'file' : 'files'}`;
    const tenth = size === 0 ? 0 : Math.floor(sent / size * 10) * 10;
    let words = '';
    if (going > 0) words = `Uploading ${files(this.all.length)}, ${tenth} % done`;
    else if (this.all.length > 0 && count('done') === this.all.length) words = `Uploaded ${files(this.all.length)}`;
    else if (this.all.length > 0) words = `${count('done')} of ${files(this.all.length)} uploaded; some wait for you`;
    if (words === this.told) return;
    this.told = words;
    document.getElementById('upload-summary').textContent = words;
  },

  get areGoing() {
    return this.all.some((upload) => ['running', 'waiting'].includes(upload.state));
  },
};

async function refreshListing() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html', 'x-mlaas4hep-xsrf': xsrf } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const [now, fresh] = [document.getElementById('listing'), page.getElementById('listing')];
  if (!now || !fresh || now.contains(document.activeElement)) return;
  showLocalTimes(fresh);
  now.replaceWith(fresh);
}

// The files of a drop, those in folders with the names of these before them.
async function filesOf(entry, above = '') {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => { entry.file(resolve, reject); });
    return [[above + entry.name, file]];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0) return found;
    for (const inner of some) found.push(...await filesOf(inner, `${above}${entry.name}/`));
  }
}

function addFiles(files) {
  const above = folder.dataset.folder;
  for (const [name, file] of files) uploads.add(above ? `${above}/${name}` : name, file);
}

// Uploads that an earlier page left: the browser may not open their files by itself.
function showInterrupted() {
  const start = `mlaas4hep-upload ${prefix} ${visitor} ${folder.dataset.workspace} `;
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(start));
  const section = document.getElementById('uploads');
  for (const key of keys) {
    const path = key.slice(start.length);
    let kept = {};
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { /* not ours */ }
    if (path.slice(0, Math.max(0, path.lastIndexOf('/'))) !== folder.dataset.folder || !isUploadId(kept?.id)) continue;
    const row = makeElement('li', {}, makeElement('bdi', {}, path),
      makeElement('span', { class: 'row' }, makeElement('button', {
        type: 'button', 'aria-label': `Forget: ${path}`,
        onclick: () => { localStorage.removeItem(key); row.remove(); section.hidden = !section.querySelector('li'); ask('DELETE', uploadAddress(kept.id)).catch(() => null); },
      }, 'Forget')),
      makeElement('progress', { max: Math.max(1, kept.size), value: kept.offset, 'aria-label': `Upload of ${path}` }),
      makeElement('span', { class: 'state' }, `Interrupted at ${bytesText(kept.offset)} of ${bytesText(kept.size)}. Choose or drop the same file again to go on.`));
    row.dataset.kept = key;
    section.hidden = false;
    section.querySelector('ul').append(row);
  }
}

if (folder) {
  const input = document.getElementById('files');
  input.addEventListener('change', () => {
    addFiles([...input.files].map((file) => [file.name, file]));
    input.value = '';
  });
  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    root.classList.add('dragging');
  });
  addEventListener('dragleave', (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) root.classList.remove('dragging');
  });
  addEventListener('dragover', (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener('drop', async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    root.classList.remove('dragging');
    // The list is empty after the first wait: everything is taken from it at once.
    const items = [...event.dataTransfer.items].map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()]);
    for (const [entry, file] of items) addFiles(entry ? await filesOf(entry) : file ? [[file.name, file]] : []);
  });
  addEventListener('beforeunload', (event) => { if (uploads.areGoing) event.preventDefault(); });
  showInterrupted();
}
