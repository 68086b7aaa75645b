// The live page: asks for live.json once a second and shows its body. Figures that stopped coming
// stay, and are said to be old.
'use strict';

const main = document.querySelector('main');

function sayState(text) {
  document.querySelector('#state').textContent = text;
}

async function refresh() {
  try {
    const answer = await fetch('live.json', { cache: 'no-store' });
    main.innerHTML = (await answer.json()).body;
  } catch (error) {
    sayState('as-stats has ended; these are its last figures');
  }
}

setInterval(refresh, 1000);
