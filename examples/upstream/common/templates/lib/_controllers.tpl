{{- define "common.render.controllers" -}}
{{- range $name := keys .Values.controllers | sortAlpha }}
{{- $controller := get $.Values.controllers $name }}
{{- if ne $controller.enabled false }}
---
apiVersion: apps/v1
kind: {{ get (dict "deployment" "Deployment" "statefulset" "StatefulSet" "daemonset" "DaemonSet") ($controller.type | default "deployment") }}
metadata:
  name: {{ include "common.objectName" (dict "root" $ "name" $name) }}
  labels:
    app.kubernetes.io/component: {{ $name }}
    {{- include "common.labels" $ | nindent 4 }}
spec:
  {{- if ne ($controller.type | default "deployment") "daemonset" }}
  replicas: {{ $controller.replicas | default 1 }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "common.selector" (dict "root" $ "name" $name) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.selector" (dict "root" $ "name" $name) | nindent 8 }}
    spec:
      {{- include "common.pod" (dict "root" $ "name" $name "controller" $controller) | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "common.pod" -}}
{{- $pod := mergeOverwrite (deepCopy (.root.Values.defaultPodOptions | default dict)) (.controller.pod | default dict) -}}
serviceAccountName: {{ (.controller.serviceAccount | default dict).name | default "default" }}
{{- range $option := keys $pod | sortAlpha }}
{{- $value := get $pod $option }}
{{- if $value }}
{{ $option }}: {{ tpl (toYaml $value) $.root | nindent 2 }}
{{- end }}
{{- end }}
containers:
  {{- range $name := keys .controller.containers | sortAlpha }}
  - name: {{ $name }}
    {{- include "common.container" (dict "root" $.root "container" (get $.controller.containers $name)) | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "common.container" -}}
image: {{ printf "%s:%v" (tpl .container.image.repository .root) (.container.image.tag | default "latest") | quote }}
imagePullPolicy: {{ .container.image.pullPolicy | default "IfNotPresent" }}
{{- with .container.env }}
env:
  {{- $env := . }}
  {{- range $name := keys . | sortAlpha }}
  - name: {{ $name }}
    value: {{ tpl (get $env $name | toString) $.root | quote }}
  {{- end }}
{{- end }}
{{- with .container.envFrom }}
envFrom:
  {{- range . }}
  - secretRef:
      name: {{ include "common.objectName" (dict "root" $.root "name" .secretRef.identifier) }}
  {{- end }}
{{- end }}
{{- with .container.ports }}
ports: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .container.resources }}
resources: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .container.securityContext }}
securityContext: {{ toYaml . | nindent 2 }}
{{- end }}
{{- $probes := .container.probes | default dict }}
{{- range $name := keys $probes | sortAlpha }}
{{- $probe := get $probes $name }}
{{- if $probe.enabled }}
{{ $name }}Probe:
  tcpSocket:
    port: {{ (first ($.container.ports | default (list (dict "containerPort" 80)))).containerPort }}
  {{- with $probe.spec }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
