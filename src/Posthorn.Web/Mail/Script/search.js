// The search box offers operators, people and folders while one types.

function searchBox(form) {
    const field = form.elements.q, known = form.querySelector('datalist');
    let asking = 0;
    field.addEventListener('input', () => {
        clearTimeout(asking);
        asking = setTimeout(async () => {
            try {
                const answer = await fetch(`/mail/search/suggestions?q=${encodeURIComponent(field.value)}`, { headers: { Accept: 'application/json' } });
                known.replaceChildren(...(await answer.json()).map(text => {
                    const option = document.createElement('option');
                    option.value = text;
                    return option;
                }));
            } catch {
                known.replaceChildren();
            }
        }, 150);
    });
}
