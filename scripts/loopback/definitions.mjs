// Custom resource definitions of realistic size and depth, the same text every time.

const WORDS =
  'the a of to in is and when which only if not by default must each its resource secret issuer certificate request order challenge solver controller namespace annotation label selector reference status condition renewal expiry private key algorithm encoding size duration usage subject organisation country common name address server account token webhook provider region zone ingress class gateway route service port protocol host path prefix header middleware entry point transport timeout period retry threshold weight mirror sticky cookie domain store option cipher suite curve version minimum maximum bundle authority chain root leaf serial validity signed requested observed generation revision failure attempt reason message transition time'.split(
    ' ',
  );

/**
 * @param {{ group: string, kind: string, bytes: number }} options `bytes` is the least size
 * @returns {string} one YAML document
 */
export function definition({ group, kind, bytes }) {
  const plural = `${kind.toLowerCase()}s`;
  const lines = [
    'apiVersion: apiextensions.k8s.io/v1',
    'kind: CustomResourceDefinition',
    'metadata:',
    `  name: ${plural}.${group}`,
    'spec:',
    `  group: ${group}`,
    '  names:',
    `    kind: ${kind}`,
    `    listKind: ${kind}List`,
    `    plural: ${plural}`,
    `    singular: ${kind.toLowerCase()}`,
    '  scope: Namespaced',
    '  versions:',
    '    - name: v1',
    '      served: true',
    '      storage: true',
    '      subresources:',
    '        status: {}',
    '      schema:',
    '        openAPIV3Schema:',
    '          type: object',
    '          properties:',
    '            spec:',
    '              type: object',
    '              properties:',
  ];
  const random = sequence(kind.length * 7919 + bytes);
  let size = lines.join('\n').length;
  for (let n = 0; size < bytes; n++) {
    const property = fields(`field${n}`, 16, 3, random);
    size += property.length + 1;
    lines.push(property);
  }
  return `${lines.join('\n')}\n`;
}

/** Numbers that look random and are the same each time (a linear congruential generator), below `limit` of each call. */
function sequence(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** A property and, `depth` levels deep, properties below it. */
function fields(name, indent, depth, random) {
  const pad = ' '.repeat(indent);
  const words = Array.from({ length: 8 + random(30) }, () => WORDS[random(WORDS.length)]);
  const head = [`${pad}${name}:`, `${pad}  description: ${words.join(' ')}`];
  if (depth === 0) return [...head, `${pad}  type: ${['string', 'integer', 'boolean'][random(3)]}`].join('\n');
  const below = Array.from({ length: 3 }, (_, i) =>
    fields(`${WORDS[random(WORDS.length)]}${i}`, indent + 4, depth - 1, random),
  );
  return [...head, `${pad}  type: object`, `${pad}  properties:`, ...below].join('\n');
}
