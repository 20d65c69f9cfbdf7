namespace Posthorn.Quickstart;

/// <summary>The unit file that runs Posthorn: an ordinary user that may bind low ports and write its own folder, and nothing else.</summary>
internal static class SystemdUnit
{
    public const string User = "posthorn";
    public const string FileName = "posthorn.service";

    /// <param name="program">The program with what must stand before its arguments (<c>dotnet posthorn.dll</c>).</param>
    /// <param name="folder">The folder of configuration and data.</param>
    public static string For(IReadOnlyList<string> program, string folder, string configuration) => $"""
        [Unit]
        Description=Posthorn mail server
        Wants=network-online.target
        After=network-online.target nss-lookup.target

        [Service]
        Type=exec
        User={User}
        Group={User}
        DynamicUser=no
        ExecStart={string.Join(' ', program.Select(Quote))} serve --config {Quote(configuration)}
        WorkingDirectory={Escape(folder)}
        Restart=on-failure
        RestartSec=2
        # A stop waits for sessions to say goodbye.
        TimeoutStopSec=30
        LimitNOFILE=65536
        UMask=0077

        # Ports below 1024, and no other right of root.
        AmbientCapabilities=CAP_NET_BIND_SERVICE
        CapabilityBoundingSet=CAP_NET_BIND_SERVICE
        NoNewPrivileges=yes

        # The system is read-only but for this folder. Backups and exports go below it, or to a folder added here.
        ProtectSystem=strict
        ProtectHome=read-only
        ReadWritePaths={Quote(folder)}
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        SystemCallArchitectures=native

        [Install]
        WantedBy=multi-user.target

        """;

    // systemd.syntax: quotes keep blanks, a backslash escapes, % begins a specifier.
    private static string Quote(string word) => $"\"{Escape(word).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Escape(string word) => word.Replace("%", "%%", StringComparison.Ordinal);
}
