// nginx as a reverse proxy before Vonage, where it is installed.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts, startProcess } from '../scripts/gateways.mjs'
import { answering, temporaryFolder } from './processes.mjs'

export const hasNginx = spawnSync('nginx', ['-v']).status === 0

export async function startNginx(simulator) {
  const folder = temporaryFolder()
  const [port] = await freePorts(1)
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, new URL(simulator).host))
  const running = startProcess('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'], {})
  return answering(running, `http://127.0.0.1:${port}`, '/simulator/clock')
}

const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`)

const configuration = (port, host) => `
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
  ${paths.join('\n  ')}
  upstream vonage {
    server ${host};
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    location / {
      proxy_pass http://vonage;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`
