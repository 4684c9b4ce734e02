{{/* Everything an application needs, from its values: an application chart includes just this. */}}
{{- define "common.render" -}}
{{- include "common.values" . -}}
{{- range $kind := list "serviceAccount" "controllers" "services" "secrets" "configMaps" "claims" }}
{{- include (printf "common.render.%s" $kind) $ }}
{{- end }}
{{- end -}}

{{/* Defaults of the library under the values of the application. */}}
{{- define "common.values" -}}
{{- if .Values.common -}}
{{- $defaults := deepCopy .Values.common -}}
{{- $own := deepCopy (omit .Values "common") -}}
{{- $_ := set . "Values" (mergeOverwrite $defaults $own) -}}
{{- end -}}
{{- end -}}
