/** Forms over a configuration of UCI: sections, options, what they allow. Part of the stand-in of LuCI. */
import { E } from './elements.js';
import { uci } from './router.js';

const maps = [];

/** Of LuCI's data types those that the views name. */
const DATA_TYPES = {
  ipaddr: (value) => /^(\d{1,3}(\.\d{1,3}){3}|[\da-f:.]*:[\da-f:.]*)$/i.test(value),
  host: (value) => /^[\w.:-]+$/.test(value),
  'maxlength(253)': (value) => value.length <= 253,
};

class Option {
  constructor(section, name, title, description) {
    Object.assign(this, { section, option: name, title, description, rmempty: true, choices: [] });
  }

  value(key, label) {
    this.choices.push([key, label ?? key]);
  }

  /** What was typed for each section of the configuration. */
  inputs = new Map();

  render(id, inTable) {
    const key = `${this.section.map.config}.${id}.${this.option}`;
    const widget = this.widget(key, uci.get(this.section.map.config, id, this.option), this.title);
    this.inputs.set(id, widget);
    const error = E('div', { class: 'cbi-error', role: 'alert' });
    widget.error = error;
    if (inTable) return E('td', { class: 'td', 'data-title': this.title }, [widget.node, error]);
    return E('div', { class: 'cbi-value' }, [
      E('label', { class: 'cbi-value-title', for: key }, [this.title]),
      E('div', { class: 'cbi-value-field' }, [
        widget.node,
        error,
        E('div', { class: 'cbi-value-description' }, [this.description ?? '']),
      ]),
    ]);
  }

  /** null: all is well. */
  mistake(id, value) {
    const values = Array.isArray(value) ? value : [value ?? ''];
    if (this.rmempty === false && values.join('') === '') return 'Expecting: non-empty value';
    for (const one of values) {
      const fits = one === '' || this.datatype === undefined || DATA_TYPES[this.datatype](one);
      const said = this.validate?.(id, one) ?? true;
      if (!fits) return `Expecting: ${this.datatype}`;
      if (said !== true) return said;
    }
    return null;
  }

  parse(id) {
    const widget = this.inputs.get(id);
    const value = widget.read();
    const mistake = this.mistake(id, value);
    widget.error.textContent = mistake ?? '';
    if (mistake !== null)
      throw new TypeError(`Option "${this.title}" contains an invalid input value. ${mistake}`);
    const isDefault = this.rmempty && value === this.default;
    uci.set(this.section.map.config, id, this.option, isDefault || value.length === 0 ? null : value);
  }

  widget(key, value, title) {
    const node = E('input', {
      ...{ id: key, type: this.password ? 'password' : 'text', class: 'cbi-input-text', 'aria-label': title },
      ...{ value: value ?? '', placeholder: this.placeholder, autocomplete: 'off' },
    });
    return { node, read: () => node.value };
  }
}

export const Value = Option;

export class Flag extends Option {
  widget(key, value, title) {
    const node = E('input', { id: key, type: 'checkbox', 'aria-label': title });
    node.checked = (value ?? this.default) === '1';
    return { node, read: () => (node.checked ? '1' : '0') };
  }
}

export class ListValue extends Option {
  widget(key, value, title) {
    const choices = this.optional
      ? [['', this.placeholder ?? '-- Please choose --'], ...this.choices]
      : this.choices;
    const node = E(
      'select',
      { id: key, 'aria-label': title },
      choices.map(([name, label]) => E('option', { value: name }, [label])),
    );
    node.value = value ?? '';
    return { node, read: () => node.value };
  }
}

/** A line for each of a list. */
export class DynamicList extends Option {
  widget(key, value, title) {
    const node = E('textarea', { id: key, rows: 2, 'aria-label': title, placeholder: this.placeholder }, [
      [].concat(value ?? []).join('\n'),
    ]);
    return { node, read: () => node.value.split('\n').filter((line) => line.trim() !== '') };
  }
}

class Section {
  children = [];

  constructor(map, type, title, description) {
    Object.assign(this, { map, type, title, description });
  }

  option(Kind, name, title, description) {
    const option = new Kind(this, name, title, description);
    this.children.push(option);
    return option;
  }

  ids() {
    return uci.sections(this.map.config, this.type).map((section) => section['.name']);
  }

  parse() {
    for (const id of this.ids()) for (const option of this.children) option.parse(id);
  }

  button(label, act) {
    const click = () => {
      this.map.keep();
      act();
      this.map.redraw();
    };
    return E('button', { type: 'button', class: 'btn', click }, [label]);
  }

  render() {
    return E('div', { class: 'cbi-section' }, [
      E('h3', [this.title]),
      E('div', { class: 'cbi-section-descr' }, [this.description ?? '']),
      ...this.contents(),
    ]);
  }
}

export class NamedSection extends Section {
  constructor(map, name, type, title, description) {
    super(map, type, title, description);
    this.name = name;
  }

  ids() {
    return uci.get(this.map.config, this.name) ? [this.name] : [];
  }

  contents() {
    const [id] = this.ids();
    const { config } = this.map;
    if (id === undefined)
      return this.addremove
        ? [this.button(`Add ${this.title}`, () => uci.add(config, this.type, this.name))]
        : [];
    const remove = this.addremove ? [this.button(`Delete ${this.title}`, () => uci.remove(config, id))] : [];
    return [...this.children.map((option) => option.render(id)), ...remove];
  }
}

export class TableSection extends Section {
  contents() {
    const { config } = this.map;
    const titles = [...this.children.map(({ title }) => title), 'Actions'];
    const rows = this.ids().map((id, i) =>
      E('tr', { class: 'tr' }, [
        ...this.children.map((option) => option.render(id, true)),
        E('td', { class: 'td' }, [
          this.button(`Delete ${this.title} ${i + 1}`, () => uci.remove(config, id)),
        ]),
      ]),
    );
    return [
      E('table', { class: 'table' }, [
        E(
          'tr',
          { class: 'tr' },
          titles.map((title) => E('th', { class: 'th', scope: 'col' }, [title])),
        ),
        ...rows,
      ]),
      this.button(`Add ${this.title}`, () => uci.add(config, this.type)),
    ];
  }
}

class FormMap {
  children = [];

  constructor(config, title, description) {
    Object.assign(this, { config, title, description });
    maps.push(this);
  }

  section(Kind, ...rest) {
    const section = new Kind(this, ...rest);
    this.children.push(section);
    return section;
  }

  async render() {
    this.node = E('div', { class: 'cbi-map' });
    this.redraw();
    return this.node;
  }

  redraw() {
    this.node.replaceChildren(
      E('h2', [this.title]),
      E('div', { class: 'cbi-map-descr' }, [this.description ?? '']),
      ...this.children.map((section) => section.render()),
    );
  }

  async save() {
    for (const section of this.children) section.parse();
    await uci.save();
    await uci.load(this.config);
  }

  /** What was typed so far stays when it is drawn anew. */
  keep() {
    for (const section of this.children)
      for (const id of section.ids())
        for (const option of section.children)
          if (option.inputs.has(id)) uci.set(this.config, id, option.option, option.inputs.get(id).read());
  }

  static saveAll() {
    return Promise.all(maps.map((map) => map.save()));
  }

  static resetAll() {
    for (const map of maps) map.redraw();
  }
}

export { FormMap as Map };
