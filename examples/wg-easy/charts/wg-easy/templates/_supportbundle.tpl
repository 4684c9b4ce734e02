{{- define "wg-easy.supportbundle" -}}
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata:
  name: wg-easy
spec:
  collectors:
    - logs:
        namespace: {{ .Release.Namespace }}
        selector:
          - app.kubernetes.io/name={{ .Chart.Name }}
    - sysctl:
        image: {{ .Values.preflight.image }}
{{- end -}}
