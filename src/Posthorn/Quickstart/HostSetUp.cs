using System.Net;
using System.Net.Sockets;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

namespace Posthorn.Quickstart;

/// <summary>Makes the folder of a new host: all of it in a folder beside, renamed at the end, so that a failure leaves nothing behind.</summary>
/// <param name="folder">A full path; must not exist, or be empty.</param>
internal sealed class HostSetUp(string folder, string address, string hostName)
{
    public const string ZoneFileName = "dns-records.zone";

    private readonly string _part = folder + ".posthorn-setup";

    /// <exception cref="OperationRefusedException">The folder holds something.</exception>
    public void RequireFree()
    {
        if (File.Exists(Path.Combine(folder, ConfigurationFile.DefaultName)))
        {
            throw new OperationRefusedException(
                $"{folder} is set up already. Start it with: posthorn serve --config {Path.Combine(folder, ConfigurationFile.DefaultName)}. Nothing was changed.");
        }

        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
        {
            throw new OperationRefusedException($"{folder} holds something else. Name a new folder with --folder. Nothing was changed.");
        }
    }

    /// <param name="addresses">Of this machine, for the records.</param>
    /// <param name="program">See <see cref="SystemdUnit.For"/>.</param>
    /// <returns>The lines of the zone.</returns>
    /// <exception cref="OperationRefusedException">It could not be done, and nothing is left.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(string password, IReadOnlyList<IPAddress> addresses, IReadOnlyList<string> program, CancellationToken cancel)
    {
        RequireFree();
        try
        {
            Remove();
            PrivateFolder.Make(_part);
            await File.WriteAllTextAsync(Path.Combine(_part, ConfigurationFile.DefaultName), ConfigurationText.For(hostName), cancel);
            IReadOnlyList<string> zone = [.. HostRecords(addresses), .. await FillAsync(password, cancel)];
            await File.WriteAllLinesAsync(Path.Combine(_part, ZoneFileName), zone, cancel);
            string configuration = Path.Combine(folder, ConfigurationFile.DefaultName);
            await File.WriteAllTextAsync(Path.Combine(_part, SystemdUnit.FileName), SystemdUnit.For(program, folder, configuration), cancel);
            Rename();
            return zone;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OperationRefusedException($"{failure.Message} Nothing was set up.");
        }
        finally
        {
            Remove();
        }
    }

    private async Task<IReadOnlyList<string>> FillAsync(string password, CancellationToken cancel)
    {
        PosthornOptions options = ConfigurationFile.Read(Path.Combine(_part, ConfigurationFile.DefaultName)) with { DataFolder = Path.Combine(_part, "data") };
        PrivateFolder.Make(options.DataFolder);
        await using ServiceProvider services = StoreHost.Build(options);
        services.GetRequiredService<IStore>();
        var actor = Actor.System("quickstart");
        Domain domain = Require(await DomainOperations.AddAsync(services, actor, address[(address.LastIndexOf('@') + 1)..], cancel));
        Require(await services.GetRequiredService<Accounts>().AddAsync(actor, address, password, null, isAdministrator: true, cancel));
        return DomainRecords.Of(domain, options);
    }

    private IEnumerable<string> HostRecords(IReadOnlyList<IPAddress> addresses)
    {
        yield return "; this host; the reverse DNS of each address must be its name (your provider sets it)";
        foreach (IPAddress own in addresses)
        {
            yield return $"{hostName}. {(own.AddressFamily == AddressFamily.InterNetwork ? "A" : "AAAA")} {own}";
        }
    }

    private void Rename()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder);
        }

        Directory.Move(_part, folder);
        FolderSync.Sync(Path.GetDirectoryName(folder)!);
    }

    private void Remove()
    {
        if (Directory.Exists(_part))
        {
            Directory.Delete(_part, recursive: true);
        }
    }

    private static T Require<T>(Result<T> result) => result.TryGet(out T? value, out Refusal? refusal)
        ? value
        : throw new OperationRefusedException($"{refusal.Text} Nothing was set up.");
}
