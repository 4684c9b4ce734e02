{{/* Name of the route's middleware: takes a dict of "route" and "what". */}}
{{- define "templates.middleware" -}}
{{- printf "%s-%s" (.route | splitList "." | first) .what | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The rule that matches a host and any of its paths. */}}
{{- define "templates.match" -}}
{{- $host := printf "Host(`%s`)" (tpl .hostName .root) -}}
{{- if .paths -}}
{{- $rules := list -}}
{{- range .paths }}{{ $rules = append $rules (printf "PathPrefix(`%s`)" .) }}{{ end -}}
{{- printf "%s && (%s)" $host (join " || " $rules) -}}
{{- else -}}
{{- $host -}}
{{- end -}}
{{- end -}}
