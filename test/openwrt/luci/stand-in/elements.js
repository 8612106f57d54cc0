/** Elements as LuCI makes them: children in a list are text, a text alone is HTML. Part of the stand-in of LuCI. */

const isNode = (value) => value instanceof Node;

/** `E(name, attributes, children)`, or without attributes; `E([…])` is a fragment. */
export function E(name, ...rest) {
  if (Array.isArray(name)) return dom.append(document.createDocumentFragment(), name);
  const hasAttributes = rest.length > 1 || (rest[0]?.constructor === Object && !isNode(rest[0]));
  const [attributes, children] = hasAttributes ? rest : [{}, rest[0]];
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  return dom.append(element, children);
}

export const dom = {
  append(node, children) {
    if (Array.isArray(children))
      node.append(...children.map((child) => (isNode(child) ? child : String(child))));
    else if (isNode(children)) node.append(children);
    else if (children !== null && children !== undefined) node.innerHTML = String(children);
    return node;
  },
  content(node, children) {
    node.replaceChildren();
    return dom.append(node, children);
  },
};
