// Keys as Gmail and Outlook have them; `?` shows them.

function shortcuts() {
    const sheet = document.querySelector('[data-keys]');
    document.querySelector('[data-keys-close]')?.addEventListener('click', () => sheet.close());
    document.addEventListener('keydown', event => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.('input:not([type=checkbox]), textarea, select, [contenteditable=true]')) {
            return;
        }
        if (event.key === '?' && sheet) {
            sheet.open ? sheet.close() : sheet.showModal();
        } else if ((event.key === 'j' || event.key === 'k') && list) {
            list.step(event.key === 'j' ? 1 : -1);
        } else if (event.key === 'x' && list) {
            list.tick();
        } else if (event.key === 'z') {
            document.querySelector('[data-notice] button')?.click();
        } else if (event.key === '/') {
            const search = document.querySelector('input[type=search]');
            if (!search) {
                return;
            }
            search.focus();
        } else {
            const target = [...document.querySelectorAll('[data-key]')].find(element => element.dataset.key.split(' ').includes(event.key) && element.checkVisibility());
            if (!target) {
                return;
            }
            target.click();
        }
        event.preventDefault();
    });
}
