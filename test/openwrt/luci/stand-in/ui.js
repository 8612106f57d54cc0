/** Notifications, dialogues and buttons that are busy. Part of the stand-in of LuCI. */
import { dom, E } from './elements.js';

let dialogue = null;

export const ui = {
  addNotification(title, children, ...classes) {
    const alert = E(
      'div',
      { class: ['alert-message', ...classes].join(' ') },
      title === null ? [] : [E('h4', [title])],
    );
    const body = dom.append(E('div'), children);
    alert.append(
      body,
      E('button', { type: 'button', class: 'btn', click: () => alert.remove() }, ['Dismiss']),
    );
    document.querySelector('#maincontent').prepend(alert);
    return alert;
  },
  showModal(title, children) {
    ui.hideModal();
    dialogue = E('dialog', { 'aria-label': title }, [E('h4', [title])]);
    dom.append(dialogue, children);
    document.body.append(dialogue);
    dialogue.showModal();
    return dialogue;
  },
  hideModal() {
    dialogue?.remove();
    dialogue = null;
  },
  createHandlerFn(self, handler, ...values) {
    const act = typeof handler === 'string' ? self[handler] : handler;
    return async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      try {
        await act.call(self, ...values, event);
      } catch (error) {
        ui.addNotification(null, [String(error.message)], 'error');
      } finally {
        button.disabled = false;
      }
    };
  },
};
