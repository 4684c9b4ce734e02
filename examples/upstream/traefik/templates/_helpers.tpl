{{- define "traefik.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name }}{{ end -}}
{{- end -}}

{{- define "traefik.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}-{{ .Release.Namespace }}
{{- end -}}

{{- define "traefik.labels" -}}
{{ include "traefik.selector" . }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* The command line, one argument a line, ports in the order of their names. */}}
{{- define "traefik.args" -}}
{{- range $name := keys .Values.ports | sortAlpha }}
{{- $port := get $.Values.ports $name }}
- --entryPoints.{{ $name }}.address=:{{ $port.port }}/{{ $port.protocol | default "TCP" | lower }}
{{- with $port.redirectTo }}
- --entryPoints.{{ $name }}.http.redirections.entryPoint.to=:{{ (get $.Values.ports .port).exposedPort }}
- --entryPoints.{{ $name }}.http.redirections.entryPoint.scheme=https
{{- end }}
{{- if ($port.tls | default dict).enabled }}
- --entryPoints.{{ $name }}.http.tls=true
{{- end }}
{{- end }}
- --ping=true
- --log.level={{ .Values.logs.general.level }}
{{- if .Values.logs.access.enabled }}
- --accesslog=true
{{- end }}
{{- if .Values.providers.kubernetesCRD.enabled }}
- --providers.kubernetescrd
{{- with .Values.providers.kubernetesCRD.namespaces }}
- --providers.kubernetescrd.namespaces={{ join "," . }}
{{- end }}
{{- end }}
{{- if .Values.providers.kubernetesIngress.enabled }}
- --providers.kubernetesingress
{{- end }}
{{- range .Values.additionalArguments }}
- {{ . | quote }}
{{- end }}
{{- end -}}
