{{- define "common.render.serviceAccount" -}}
{{- range $name := keys (.Values.serviceAccount | default dict) | sortAlpha }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.objectName" (dict "root" $ "name" $name) }}
  labels:
    {{- include "common.labels" $ | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "common.render.services" -}}
{{- range $name := keys (.Values.service | default dict) | sortAlpha }}
{{- $service := get $.Values.service $name }}
{{- if ne $service.enabled false }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ if $service.primary }}{{ include "common.fullname" $ }}{{ else }}{{ include "common.objectName" (dict "root" $ "name" $name) }}{{ end }}
  labels:
    app.kubernetes.io/service: {{ $name }}
    {{- include "common.labels" $ | nindent 4 }}
spec:
  type: {{ $service.type | default "ClusterIP" }}
  {{- with $service.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with $service.ipFamilies }}
  ipFamilies: {{ toYaml . | nindent 4 }}
  {{- end }}
  ports:
    {{- range $port := keys $service.ports | sortAlpha }}
    {{- with get $service.ports $port }}
    {{- if ne .enabled false }}
    - name: {{ $port }}
      port: {{ .port }}
      targetPort: {{ .targetPort | default .port }}
      protocol: {{ if eq (.protocol | default "TCP") "UDP" }}UDP{{ else }}TCP{{ end }}
      {{- with .nodePort }}
      nodePort: {{ . }}
      {{- end }}
    {{- end }}
    {{- end }}
    {{- end }}
  selector:
    {{- include "common.selector" (dict "root" $ "name" $service.controller) | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "common.render.secrets" -}}
{{- range $name := keys (.Values.secrets | default dict) | sortAlpha }}
{{- $secret := get $.Values.secrets $name }}
{{- if ne $secret.enabled false }}
---
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "common.objectName" (dict "root" $ "name" $name) }}
  labels:
    {{- include "common.labels" $ | nindent 4 }}
type: {{ $secret.type | default "Opaque" }}
stringData:
  {{- range $key := keys $secret.stringData | sortAlpha }}
  {{ $key }}: {{ tpl (get $secret.stringData $key) $ | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "common.render.configMaps" -}}
{{- range $name := keys (.Values.configMaps | default dict) | sortAlpha }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "common.objectName" (dict "root" $ "name" $name) }}
  labels:
    {{- include "common.labels" $ | nindent 4 }}
data: {{ tpl (toYaml (get $.Values.configMaps $name).data) $ | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "common.render.claims" -}}
{{- range $name := keys (.Values.persistence | default dict) | sortAlpha }}
{{- $claim := get $.Values.persistence $name }}
{{- if eq ($claim.type | default "persistentVolumeClaim") "persistentVolumeClaim" }}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "common.objectName" (dict "root" $ "name" $name) }}
  labels:
    {{- include "common.labels" $ | nindent 4 }}
spec:
  accessModes: [{{ $claim.accessMode | default "ReadWriteOnce" }}]
  resources:
    requests:
      storage: {{ required (printf "persistence.%s.size is missing" $name) $claim.size }}
{{- end }}
{{- end }}
{{- end -}}
