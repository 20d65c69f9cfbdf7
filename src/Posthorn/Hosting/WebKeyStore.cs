using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Posthorn.Core.Access;

namespace Posthorn.Hosting;

/// <summary>Keeps the keys of data protection in the store, shared by all nodes.</summary>
internal sealed class WebKeyStore(WebKeys keys) : IXmlRepository
{
    /// <summary>How long the first key is used; later ones are made by the framework, days before they count.</summary>
    private static readonly TimeSpan FirstKeyLifetime = TimeSpan.FromDays(90);

    private static readonly Actor Program = Actor.System("web");

    /// <summary>Adds data protection with its keys in the store.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("posthorn");
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>(static (options, provider) => options.XmlRepository = new WebKeyStore(provider.GetRequiredService<WebKeys>()));
    }

    /// <summary>
    /// Sees to a first key before anybody is served: nodes that start together on an empty store would otherwise each sign with one of their own. Keys that an earlier version left in
    /// the data folder are taken over, so that nobody is signed out.
    /// </summary>
    public static async Task PrepareAsync(WebKeys keys, string dataFolder, TimeProvider time, CancellationToken cancel)
    {
        if ((await keys.ListAsync(Program, cancel)).Value.Count > 0)
        {
            return;
        }

        string folder = Path.Combine(dataFolder, "keys");
        (string Name, string Xml)[] left = Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.xml").Order().Select(static file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file)))]
            : [];
        await keys.AddFirstAsync(Program, left.Length > 0 ? left : [NewKey(time)], cancel);
        if (left.Length > 0)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The framework asks without await; the store answers on other threads.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Task.Run(async () => await keys.ListAsync(Program, CancellationToken.None)).GetAwaiter().GetResult().Value.Select(static xml => XElement.Parse(xml))];

    public void StoreElement(XElement element, string friendlyName) => Task.Run(async () => await keys.AddAsync(
        Program, friendlyName, element.ToString(SaveOptions.DisableFormatting), CancellationToken.None)).GetAwaiter().GetResult();

    private static (string Name, string Xml) NewKey(TimeProvider time)
    {
        var caught = new Caught();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDataProtection().SetApplicationName("posthorn");
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = caught);
        using ServiceProvider provider = services.BuildServiceProvider();
        DateTimeOffset now = time.GetUtcNow();
        provider.GetRequiredService<IKeyManager>().CreateNewKey(now, now + FirstKeyLifetime);
        return caught.Keys.Single();
    }

    private sealed class Caught : IXmlRepository
    {
        public ConcurrentBag<(string Name, string Xml)> Keys { get; } = [];

        public IReadOnlyCollection<XElement> GetAllElements() => [];

        public void StoreElement(XElement element, string friendlyName) => Keys.Add((friendlyName, element.ToString(SaveOptions.DisableFormatting)));
    }
}
