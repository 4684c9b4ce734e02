import { expect, test } from 'vitest';
import { helmCommand } from '../../../plugins/_helm/subcommand.ts';

test.each([
  ['helm lint', 'lint'],
  ['helm --debug lint .', 'lint'],
  ['helm -n lint template .', 'template'],
  ['helm --namespace=x lint', 'lint'],
  ['helm -nprod lint', 'lint'],
  ['helm --kube-insecure-skip-tls-verify dep up', 'dependency update'],
  ['helm dependencies build x', 'dependency build'],
  ['helm dependency --repository-cache /c update x', 'dependency update'],
  ['helm repo up', 'repo update'],
  ['helm repo ls', 'repo list'],
  ['helm registry logout r.example.com', 'registry logout'],
  ['helm ls', 'list'],
  ['helm -h', ''],
  ['helm', ''],
  ['helm lint update', 'lint'],
  // Cobra swallows the word after a flag the root command does not know.
  ['helm --skip-refresh dependency update', 'update'],
  ['helm constructor', 'constructor'],
])('%s is %s', (line, command) => {
  expect(helmCommand(line.split(' '))).toBe(command);
});

test.each(['helmfile sync', 'kubectl helm', 'ct lint'])('%s is no helm command', (line) => {
  expect(helmCommand(line.split(' '))).toBeNull();
});
