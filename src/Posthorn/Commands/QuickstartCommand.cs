using System.CommandLine;
using System.Text.Json;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Quickstart;
using Posthorn.Server.Dns;
using Posthorn.Standards.Dns;
using Posthorn.Standards.Smtp;

namespace Posthorn.Commands;

/// <summary><c>posthorn quickstart</c>: a real host, from nothing to the next command.</summary>
internal static class QuickstartCommand
{
    public static Command Make(CommandContext context)
    {
        var address = new Argument<string>("address") { Description = "Your address on your own domain; it becomes the first account, an administrator.", HelpName = "you@your-domain" };
        var host = new Option<string?>("--host") { Description = "Name of this host in mail; the system's, or mail.your-domain, where it is not given.", HelpName = "NAME" };
        var folder = new Option<string>("--folder") { Description = "Folder to make for configuration and data.", DefaultValueFactory = static _ => "posthorn", HelpName = "DIR" };
        var yes = new Option<bool>("--yes") { Description = "Do not ask whether to go on after the checks." };
        var stdin = new Option<bool>("--password-stdin") { Description = "Take the password from the first line of standard input." };
        var command = new Command("quickstart", "Checks a host and sets it up: configuration, keys, first account, DNS records, systemd unit.") { address, host, folder, yes, stdin };
        command.SetAction((parsed, cancel) => RunAsync(
            new Wishes(
                parsed.GetRequiredValue(address), parsed.GetValue(host), Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(folder)!)),
                parsed.GetValue(yes), parsed.GetValue(stdin), parsed.GetValue(context.Json)),
            () => PasswordPrompt.Read(parsed.GetValue(stdin)), new DnsClientResolver(new DnsClientSettings(), TimeProvider.System),
            new HostNetwork(TimeProvider.System), cancel));
        return command;
    }

    /// <param name="Folder">A full path.</param>
    /// <param name="Json">The result on standard output as one JSON object, and no question.</param>
    internal sealed record Wishes(string Address, string? Host, string Folder, bool Yes, bool PasswordFromStdin, bool Json = false);

    /// <param name="Zone">Lines of the zone file.</param>
    internal sealed record Result(string Host, string Administrator, string Folder, string Configuration, IReadOnlyList<HostCheck> Checks, IReadOnlyList<string> Zone);

    /// <param name="password">Asks for the first account's password, after the checks.</param>
    internal static async Task<int> RunAsync(Wishes wishes, Func<string> password, IDnsResolver dns, IHostNetwork network, CancellationToken cancel)
    {
        string asked = wishes.Address[(wishes.Address.LastIndexOf('@') + 1)..];
        if (asked.Length == wishes.Address.Length || !MailDomain.TryNormalize(asked, out string? domain))
        {
            throw new OperationRefusedException($"\"{wishes.Address}\" is not an address. Write you@your-domain.");
        }

        string name = HostChecks.HostNameFor(wishes.Host, domain, network);
        if (!DnsName.TryNormalize(name, out string? host) || Uri.CheckHostName(host) != UriHostNameType.Dns)
        {
            throw new OperationRefusedException($"\"{name}\" cannot be the name of a host. Give one with --host, such as mail.{domain}.");
        }

        var setUp = new HostSetUp(wishes.Folder, wishes.Address, host);
        setUp.RequireFree();
        IReadOnlyList<HostCheck> checks = await CheckAsync(domain, host, wishes.Folder, dns, network, wishes.Json, cancel);
        if (!wishes.Yes && !wishes.Json && !wishes.PasswordFromStdin && !Console.IsInputRedirected && !Confirmation.Ask($"Set up {host} for {domain} in {wishes.Folder}?"))
        {
            CommandContext.Say("Nothing was set up.");
            return 1;
        }

        IReadOnlyList<string> zone = await setUp.RunAsync(password(), network.Addresses(), Program(), cancel);
        if (wishes.Json)
        {
            var result = new Result(host, wishes.Address, wishes.Folder, Path.Combine(wishes.Folder, ConfigurationFile.DefaultName), checks, zone);
            CommandContext.Say(JsonSerializer.Serialize(result, ControlJson.Readable));
        }
        else
        {
            CommandContext.Say(Steps(wishes, host, zone));
        }

        return 0;
    }

    private static async Task<IReadOnlyList<HostCheck>> CheckAsync(
        string domain, string host, string folder, IDnsResolver dns, IHostNetwork network, bool isQuiet, CancellationToken cancel)
    {
        var checks = new List<HostCheck>();
        await foreach (HostCheck check in new HostChecks(dns, network).RunAsync(domain, host, ConfigurationText.Ports, cancel).Concat(HostChecks.Ways(folder, Program()).ToAsyncEnumerable()))
        {
            checks.Add(check);
            if (!isQuiet)
            {
                CommandContext.Say($"{(check.IsOk ? "OK     " : "WARNING")} {check.Text}");
                if (check.Todo is { } todo)
                {
                    CommandContext.Say($"        {todo}");
                }
            }
        }

        return checks;
    }

    /// <summary>How this very program is started.</summary>
    private static string[] Program()
    {
        string process = Environment.ProcessPath ?? "posthorn";
        return Path.GetFileNameWithoutExtension(process) == "dotnet" ? [process, Path.Combine(AppContext.BaseDirectory, "posthorn.dll")] : [process];
    }

    /// <summary>What is left to do, in its order.</summary>
    internal static string Steps(Wishes wishes, string host, IReadOnlyList<string> zone)
    {
        string configuration = Path.Combine(wishes.Folder, ConfigurationFile.DefaultName);
        string live = $"/etc/letsencrypt/live/{host}";
        return $"""

            {wishes.Folder} is set up; {wishes.Address} is its administrator.

            1. Add these records to the DNS (they are in {Path.Combine(wishes.Folder, HostSetUp.ZoneFileName)} too; leave out addresses that the world cannot reach):

            {string.Join('\n', zone)}

            2. Make the user that the service runs as, and install the service:
               useradd --system --no-create-home --shell /usr/sbin/nologin {SystemdUnit.User}
               chown -R {SystemdUnit.User}: '{wishes.Folder}'
               install -m 644 '{Path.Combine(wishes.Folder, SystemdUnit.FileName)}' /etc/systemd/system/

            3. Get a certificate for {host}. The service's user may not read where an ACME client keeps it: let the client copy it, now and at each
               renewal, such as:
               certbot certonly --standalone -d {host} --deploy-hook "install -o {SystemdUnit.User} -g {SystemdUnit.User} -m 600 {live}/fullchain.pem {live}/privkey.pem '{wishes.Folder}'"
               Then set in {configuration}, under "tls": "certificate": "fullchain.pem", "key": "privkey.pem"

            4. Start it:
               systemctl daemon-reload && systemctl enable --now posthorn

            Run every later command as that user, such as:
               runuser -u {SystemdUnit.User} -- posthorn status --config '{configuration}'

            Or try it in this terminal before the second step:
               posthorn serve --config '{configuration}'
            """;
    }
}
