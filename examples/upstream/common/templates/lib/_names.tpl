{{- define "common.fullname" -}}
{{- (.Values.global | default dict).nameOverride | default .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Takes a dict of "root" and "name": the first object of a kind has the application's own name. */}}
{{- define "common.objectName" -}}
{{- $full := include "common.fullname" .root -}}
{{- if eq .name .root.Chart.Name }}{{ $full }}{{ else }}{{ printf "%s-%s" $full .name }}{{ end -}}
{{- end -}}

{{- define "common.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- range $name := keys ((.Values.global | default dict).labels | default dict) | sortAlpha }}
{{ $name }}: {{ get $.Values.global.labels $name | quote }}
{{- end }}
{{- end -}}

{{- define "common.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}
