/* What other parts of the page may add to the view of one photo. */

const sidePanel = []; // functions (photo, run, class) -> an element of the side panel, or null
const viewerKeys = {}; // key -> { words: for the help, press: function }
const shownListeners = [];

// Calls a function with photo, run and class after another of them is shown.
function onShow(listener) {
  shownListeners.push(listener);
}

// Said to whoever hears the page.
function announce(text) {
  byId("said").textContent = text;
}
