{{- define "wg-easy.preflight" -}}
apiVersion: troubleshoot.sh/v1beta2
kind: Preflight
metadata:
  name: wg-easy
spec:
  collectors:
    - sysctl:
        image: {{ .Values.preflight.image }}
  analyzers:
    - sysctl:
        checkName: IP forwarding
        outcomes:
          - fail:
              when: net.ipv4.ip_forward == 0
              message: Set net.ipv4.ip_forward=1 on every node.
          - pass:
              when: net.ipv4.ip_forward == 1
              message: IP forwarding is on.
{{- end -}}
