{{- define "cert-manager.preflight" -}}
apiVersion: troubleshoot.sh/v1beta2
kind: Preflight
metadata:
  name: cert-manager
spec:
  analyzers:
    - clusterVersion:
        outcomes:
          - fail:
              when: '< {{ .Values.preflight.minimumKubernetes }}'
              message: cert-manager needs Kubernetes {{ .Values.preflight.minimumKubernetes }}.
          - pass:
              message: Kubernetes is new enough for cert-manager.
{{- end -}}
