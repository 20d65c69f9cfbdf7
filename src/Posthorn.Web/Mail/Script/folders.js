// Messages and folders go where they are dropped.

const messageType = 'application/x-posthorn-messages', folderType = 'application/x-posthorn-folder';

function dragging() {
    const tree = document.querySelector('[data-folders]');
    let carried = [];

    document.addEventListener('dragstart', event => {
        const row = event.target.closest?.('[data-rows] li'), folder = event.target.closest?.('[data-folders] a[data-folder]');
        if (row?.dataset.id) {
            carried = list.dragged(row);
            event.dataTransfer.setData(messageType, 'messages');
            event.dataTransfer.effectAllowed = 'move';
            document.body.classList.add('carrying');
        } else if (folder && !folder.dataset.fixed) {
            event.dataTransfer.setData(folderType, folder.dataset.folder);
            event.dataTransfer.effectAllowed = 'move';
        }
    });
    document.addEventListener('dragend', () => {
        document.body.classList.remove('carrying');
        over(null);
    });

    function target(event) {
        const types = event.dataTransfer.types;
        return types.includes(messageType) || types.includes(folderType) ? event.target.closest('a[data-folder]') : null;
    }

    let under = null;
    function over(link) {
        under?.classList.remove('over');
        under = link;
        under?.classList.add('over');
    }

    tree.addEventListener('dragover', event => {
        const link = target(event);
        over(link);
        if (link || event.dataTransfer.types.includes(folderType)) {
            event.preventDefault();
        }
    });
    tree.addEventListener('dragleave', event => {
        if (!tree.contains(event.relatedTarget)) {
            over(null);
        }
    });
    tree.addEventListener('drop', async event => {
        const link = target(event), folder = event.dataTransfer.getData(folderType);
        event.preventDefault();
        over(null);
        if (folder) {
            if (link?.dataset.folder !== folder && told(await post(`/mail/folders/${folder}/rename`, [['inside', link?.dataset.folder ?? '']]))) {
                document.dispatchEvent(new Event('mailchanged'));
            }
        } else if (link && carried.length > 0) {
            list.act(`${list.base}/many`, [['to', link.dataset.folder], ...carried], true);
        }
    });
}
