import t from 'tap';
import { commandFor, keyHelp } from '../../src/web/dashboard/keys.js';
import { cameraOf, fragmentFor, tokenOf } from '../../src/web/shared/route.js';

const press = (key: string, modifier = {}) =>
  commandFor({ key, ctrlKey: false, altKey: false, metaKey: false, ...modifier });

t.test('the action of each key', t => {
  const cases: [string, object | undefined][] = [
    ['1', { name: 'open', index: 0 }],
    ['9', { name: 'open', index: 8 }],
    ['0', undefined],
    ['ArrowLeft', { name: 'step', by: -1 }],
    ['ArrowDown', { name: 'step', by: 1 }],
    ['Escape', { name: 'back' }],
    ['f', { name: 'fullscreen' }],
    ['F', { name: 'fullscreen' }],
    ['s', { name: 'snapshot' }],
    ['i', { name: 'figures' }],
    ['?', { name: 'help' }],
    ['Tab', undefined],
    ['12', undefined],
    ['', undefined],
  ];
  for (const [key, expected] of cases) t.strictSame(press(key), expected, key);
  t.end();
});

t.test("with Ctrl, Alt or Meta a key is the browser's", t => {
  for (const key of ['f', 's', '1', 'ArrowLeft'])
    for (const modifier of ['ctrlKey', 'altKey', 'metaKey'])
      t.equal(press(key, { [modifier]: true }), undefined, `${modifier} ${key}`);
  t.end();
});

t.test('every key with an action is in the help', t => {
  const listed = keyHelp.map(([keys]) => keys).join(' ');
  for (const key of ['F', 'S', 'I', '?', 'Esc', '1', '9', '←', '→']) t.match(listed, key, key);
  t.end();
});

t.test('the camera in the URL, written and read', t => {
  for (const camera of ['road', 'a b', 'ä/ö', '#?%', '100%']) t.equal(cameraOf(fragmentFor(camera)), camera, camera);
  t.equal(fragmentFor(undefined), '');
  for (const fragment of ['', '#', '#/camera/', '#/camera/%', '#/cameras/road', '#token=x', '/camera/road'])
    t.equal(cameraOf(fragment), undefined, fragment);
  t.end();
});

t.test('a token in the URL', t => {
  t.equal(tokenOf('#token=abc-_123'), 'abc-_123');
  t.equal(tokenOf('#x=1&token=abc'), 'abc');
  t.equal(tokenOf('#token=%20abc%20'), 'abc');
  for (const fragment of ['', '#', '#token=', '#token', '#/camera/road', '#tokens=x'])
    t.equal(tokenOf(fragment), undefined, fragment);
  t.end();
});
