// What makes Mail more comfortable. Every page works without it: forms and links do the same.

document.documentElement.classList.add('js');
const composing = document.querySelector('form[data-compose]'), pane = document.querySelector('[data-list]');
if (pane) {
    list = endlessList(pane);
}
if (composing) {
    writing(composing);
}
for (const form of document.querySelectorAll('form[data-signature]')) {
    signing(form);
}
if (list) {
    turning(readingBeside());
    dragging();
}
if (document.querySelector('[data-folders]') && window.EventSource) {
    living();
}
const searching = document.querySelector('[data-search]');
if (searching) {
    searchBox(searching);
}
shortcuts();
