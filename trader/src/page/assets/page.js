// Keeps the page as the trader is, and says when it does not hear from it. Without it the page is whole,
// and is loaded again now and then.
'use strict';

const QUIET_MS = 7000; // a beat comes every 2 s
const AGAIN_MS = 3000;
const page = document.getElementById('now');
const lost = document.getElementById('lost');
let heard = performance.now();
let heardAt = new Date();
let looked = [heard, Date.now()]; // by both clocks, at the last look
let broken = false; // the stream has ended, and has not come back
let ends = null; // when the median lapses; by this page's own clock, which nobody sets
let asking = false;

function hear(validMs) {
  heard = performance.now();
  heardAt = new Date();
  broken = false;
  ends = validMs === null ? null : heard + Number(validMs);
  look();
}

// What is not as it was is replaced, and who reads there stays where it was.
function show(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('now');
  const places = [...page.querySelectorAll('.scroll')].map((part) => part.scrollLeft);
  const focus = document.activeElement?.getAttribute('href');
  const open = page.querySelector('details')?.open;
  for (const section of fresh.querySelectorAll('section')) {
    const old = document.getElementById(section.id);
    if (old.innerHTML !== section.innerHTML) old.innerHTML = section.innerHTML;
  }
  page.dataset.version = fresh.dataset.version;
  page.dataset.title = fresh.dataset.title;
  page.querySelectorAll('.scroll').forEach((part, n) => { part.scrollLeft = places[n] ?? 0; });
  if (open) page.querySelector('details')?.setAttribute('open', '');
  if (focus && document.activeElement === document.body) {
    [...page.querySelectorAll('a')].find((link) => link.getAttribute('href') === focus)?.focus({ preventScroll: true });
  }
}

async function refresh() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch('/now', { cache: 'no-store', signal: AbortSignal.timeout(QUIET_MS) });
    if (answer.ok) {
      show(await answer.text());
      hear(answer.headers.get('valid-ms'));
    }
  } catch {
    // The stream, or that nothing is heard, says so.
  } finally {
    asking = false;
  }
}

function listen() {
  const stream = new EventSource('/events');
  stream.addEventListener('beat', (event) => {
    const beat = JSON.parse(event.data);
    hear(beat.valid_ms);
    if (beat.version !== page.dataset.version) refresh();
  });
  stream.addEventListener('error', () => {
    broken = true;
    look();
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, AGAIN_MS); // there was no room for another stream: ask meanwhile
    refresh();
  });
}

function look() {
  const now = performance.now();
  const wall = Date.now();
  // In some browsers this page's own clock stands still while the machine sleeps.
  const slept = wall - looked[1] - (now - looked[0]);
  if (slept > QUIET_MS) {
    broken = true;
    if (ends !== null) ends -= slept;
  }
  looked = [now, wall];
  const gone = broken || now - heard > QUIET_MS;
  const says = gone ? `Lost the trader at ${heardAt.toISOString().slice(11, 19)} UTC. What is below was so then; it is asked for again and again.` : '';
  if (lost.textContent !== says) lost.textContent = says;
  const over = ends !== null && now >= ends;
  document.body.classList.toggle('lost', gone);
  document.getElementById('median').classList.toggle('over', over);
  // All that is seen of a page behind others.
  const title = gone ? `LOST: ${page.dataset.title}` : over ? `LAPSED: ${page.dataset.title}` : page.dataset.title;
  if (document.title !== title) document.title = title;
}

setInterval(look, 500);
listen();
