{{- define "replicated.name" -}}
{{- default .Chart.Name (.Values.nameOverride) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "replicated.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "replicated.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "replicated.selector" -}}
app.kubernetes.io/name: {{ include "replicated.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The application's id: the one an earlier release left in the cluster, else the one in the values. */}}
{{- define "replicated.id" -}}
{{- $earlier := lookup "v1" "Secret" .Release.Namespace (include "replicated.name" .) -}}
{{- if and $earlier $earlier.data -}}
{{- index $earlier.data "REPLICATED_ID" | default "" | b64dec -}}
{{- else -}}
{{- .Values.replicatedID -}}
{{- end -}}
{{- end -}}

{{- define "replicated.distribution" -}}
{{- if .Capabilities.APIVersions.Has "apps.openshift.io/v1" }}openshift{{ else if contains "eks" .Capabilities.KubeVersion.Version }}eks{{ else if contains "k3s" .Capabilities.KubeVersion.Version }}k3s{{ end -}}
{{- end -}}
